"""Workflows as they are configured."""

import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.workflows import STANDARD, Step, Workflow


def test_a_workflow_begins_with_its_only_pose_step():
    assert STANDARD.steps[0].kind == "pose"
    for kinds in (["analyze", "pose"], ["pose", "pose"], ["report"]):
        with pytest.raises(ValidationError, match="begins with its only pose step"):
            Workflow(steps=tuple(Step(kind=kind) for kind in kinds))
    with pytest.raises(ValidationError, match="steps"):
        Workflow(steps=())


def test_only_curation_may_come_before_the_poses():
    for kinds in (["curate", "pose"], ["pose", "curate"], ["curate", "pose", "report", "curate"]):
        assert [step.kind for step in Workflow(steps=tuple(Step(kind=kind) for kind in kinds)).steps] == kinds
    for kinds in (["curate"], ["curate", "report", "pose"]):
        with pytest.raises(ValidationError, match="begins with its only pose step"):
            Workflow(steps=tuple(Step(kind=kind) for kind in kinds))


def test_the_settings_of_a_step_are_below_with():
    step = Step.model_validate({"kind": "export", "with": {"formats": ["trc"]}})
    assert step.with_["formats"] == ("trc",)
    with pytest.raises(ValidationError, match="with_"):
        Step.model_validate({"kind": "export", "with_": {}})
