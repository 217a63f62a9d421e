"""What a client says of one job changes the steps of its workflow, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import RequestError
from neuropose_ray.schemas.jobs import JobOptions
from neuropose_ray.schemas.workflows import STANDARD, Step, Workflow
from neuropose_ray.service.jobs.options import workflow_with
from neuropose_ray.service.jobs.steps.settings import OverlayOptions, PoseOptions, ReportOptions
from neuropose_ray.service.jobs.workflows import options_of

CALIBRATION = Path("/data/jobs/0f/calibration.toml")
OPTIONS = st.builds(
    JobOptions,
    model=st.none() | st.just("metrabs"),
    height_m=st.none() | st.floats(0.5, 2.5),
    field_of_view_degrees=st.none() | st.floats(10, 170),
    capture_fps=st.none() | st.floats(1, 1000),
    rate=st.none() | st.floats(1, 1000),
    overlay=st.none() | st.booleans(),
    blur_faces=st.none() | st.booleans(),
)
WORKFLOWS = st.lists(st.sampled_from(["analyze", "overlay", "report"]), max_size=4).map(
    lambda kinds: Workflow(steps=tuple(Step(kind=kind) for kind in ("pose", *kinds)))
)


def steps_of(options: JobOptions, workflow: Workflow = STANDARD) -> dict[str, object]:
    return {step.kind: options_of(step) for step in workflow_with(workflow, options, CALIBRATION).steps}


def test_without_options_a_workflow_is_as_it_was():
    assert workflow_with(STANDARD, JobOptions(), CALIBRATION) == STANDARD


def test_what_is_known_of_person_and_camera_goes_to_the_poses():
    options = JobOptions(
        model="metrabs", height_m=1.84, field_of_view_degrees=70.5, calibration="[cam]", calibration_camera="cam",
        capture_fps=240.0, rate=30.0,
    )  # fmt: skip
    pose = steps_of(options)["pose"]
    assert isinstance(pose, PoseOptions)
    assert (pose.model, pose.height_m, pose.capture_fps, pose.rate) == ("metrabs", 1.84, 240.0, 30.0)
    assert (pose.camera.field_of_view_degrees, pose.camera.calibration, pose.camera.calibration_camera) == (
        70.5, CALIBRATION, "cam"
    )  # fmt: skip


def test_what_a_workflow_says_stays_where_the_job_says_nothing():
    camera = {"field_of_view_degrees": 50.0, "calibration_camera": "left"}
    workflow = Workflow(steps=(Step(kind="pose", **{"with": {"fit": False, "camera": camera}}),))
    pose = steps_of(JobOptions(field_of_view_degrees=60.0), workflow)["pose"]
    assert (pose.fit, pose.camera.field_of_view_degrees, pose.camera.calibration_camera) == (False, 60.0, "left")


@pytest.mark.parametrize("blur", [True, False])
def test_faces_are_hidden_wherever_they_are_shown(blur: bool):
    steps = steps_of(JobOptions(blur_faces=blur))
    assert isinstance(steps["overlay"], OverlayOptions)
    assert isinstance(steps["report"], ReportOptions)
    assert steps["overlay"].blur_faces == steps["report"].blur_faces == blur


def test_without_an_overlay_the_report_has_no_video_either():
    steps = steps_of(JobOptions(overlay=False))
    assert list(steps) == ["pose", "analyze", "report"]
    assert not steps["report"].with_video


def test_an_overlay_that_the_workflow_lacks_is_made_before_the_report_shows_it():
    bare = Workflow(steps=tuple(Step(kind=kind) for kind in ("pose", "analyze", "report")))
    assert list(steps_of(JobOptions(overlay=True), bare)) == ["pose", "analyze", "overlay", "report"]
    alone = Workflow(steps=(Step(kind="pose"),))
    assert list(steps_of(JobOptions(overlay=True, blur_faces=True), alone)) == ["pose", "overlay"]
    assert steps_of(JobOptions(overlay=True, blur_faces=True), alone)["overlay"].blur_faces


@given(OPTIONS, WORKFLOWS)
def test_every_combination_is_a_workflow_whose_settings_are_valid(options: JobOptions, workflow: Workflow):
    changed = workflow_with(workflow, options, CALIBRATION)
    kinds = [step.kind for step in changed.steps]
    assert [kind for kind in kinds if kind != "overlay"] == [s.kind for s in workflow.steps if s.kind != "overlay"]
    assert options.overlay is None or ("overlay" in kinds) == options.overlay
    assert Workflow.model_validate_json(changed.model_dump_json(by_alias=True)) == changed
    for step in changed.steps:
        options_of(step)


def test_a_job_shows_the_digest_of_its_calibration_and_all_else():
    options = JobOptions(calibration="[camera]\n" * 1000, height_m=1.7)
    shown = options.as_shown()
    assert shown.calibration.startswith("sha256:")
    assert len(shown.calibration) == 71
    assert (shown.height_m, JobOptions().as_shown()) == (1.7, JobOptions())


def test_a_job_that_names_another_one_is_compared_with_it_before_its_report():
    other = "0" * 32
    workflow = workflow_with(STANDARD, JobOptions(compare_with=other), CALIBRATION)
    assert [step.kind for step in workflow.steps] == ["pose", "analyze", "overlay", "compare", "report"]
    assert options_of(workflow.steps[3]).job == other
    settings = {"reference": "/norms/gait", "reference_track": 1}
    configured = Workflow(steps=(Step(kind="pose"), Step(kind="compare", **{"with": settings})))
    changed = options_of(workflow_with(configured, JobOptions(compare_with=other), CALIBRATION).steps[1])
    assert (changed.job, changed.reference, changed.reference_track) == (other, Path("/norms/gait"), 1)
    assert workflow_with(configured, JobOptions(), CALIBRATION) == configured


def test_a_workflow_that_compares_with_nothing_is_refused_before_the_job_is_taken():
    comparing = Workflow(steps=(Step(kind="pose"), Step(kind="compare")))
    with pytest.raises(RequestError, match="compare_with"):
        workflow_with(comparing, JobOptions(), CALIBRATION)
