"""Workflows by name: whatever is wrong with one is said when the service starts, all of it, by its name."""

import pytest

from neuropose_ray.errors import RequestError, SettingsError
from neuropose_ray.schemas.workflows import STANDARD, Step, Workflow
from neuropose_ray.service.jobs.steps.settings import ExportOptions, PoseOptions
from neuropose_ray.service.jobs.workflows import OPTIONS, Workflows, options_of


def workflow(*steps: tuple[str, dict[str, object]]) -> Workflow:
    return Workflow.model_validate({"steps": [{"kind": kind, "with": options} for kind, options in steps]})


def test_the_standard_workflow_is_there_and_may_be_another_one():
    assert Workflows({}).named("standard") == STANDARD
    own = workflow(("pose", {}))
    assert Workflows({"standard": own}).named("standard") == own


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(RequestError, match=r"no workflow 'dance'; there are: llm_enhanced_analysis, poses, standard"):
        Workflows({"poses": workflow(("pose", {}))}).named("dance")


def test_all_faults_of_all_workflows_are_said_with_workflow_step_and_key():
    declared = {
        "a": workflow(("pose", {"height_m": 9}), ("export", {"formats": ["trc", "dance"]})),
        "b": workflow(("pose", {"model_name": "x"}), ("export", {})),
    }
    with pytest.raises(SettingsError) as caught:
        Workflows(declared)
    for text in (
        "workflow 'a', step 1 (pose): height_m",
        "workflow 'a', step 2 (export): formats[1]: \"dance\" is not one of csv,",
        "workflow 'b', step 1 (pose): model_name",
        "workflow 'b', step 2 (export): formats",
    ):
        assert text in str(caught.value)


def test_settings_of_a_step_are_those_of_its_kind():
    pose, export = workflow(("pose", {"height_m": 1.7}), ("export", {"formats": ["trc", "c3d"]})).steps
    assert options_of(pose) == PoseOptions(height_m=1.7)
    assert options_of(export) == ExportOptions(formats=("trc", "c3d"))


def test_a_step_of_an_older_version_that_is_wrong_now_says_what_to_do():
    with pytest.raises(SettingsError, match="submit the job anew"):
        options_of(Step.model_validate({"kind": "pose", "with": {"gone": 1}}))


@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_every_setting_of_a_step_is_described_or_described_where_it_leads(kind: str):
    for name, field in OPTIONS[kind].model_fields.items():
        nested = getattr(field.annotation, "model_fields", None) is not None
        assert field.description or nested or kind in ("analyze", "export"), name
