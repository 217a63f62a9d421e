"""The step that lays a job's videos over those of another job, or over a reference."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from formats.people import nobody, squatting

from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.service.jobs.steps.compare import compare_video
from neuropose_ray.service.jobs.steps.settings import CompareOptions
from neuropose_ray.service.jobs.steps.work import StepWork, VideoOutput

OTHER = "0" * 32


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    return tmp_path / "data" / "jobs"


@pytest.fixture
def output(work: Callable[..., StepWork]) -> VideoOutput:
    step = work("compare")
    folder = step.folder.results / "walk"
    write_predictions(folder / "predictions.parquet", *squatting(frames=90))
    return VideoOutput("walk.mp4", folder, step.folder.uploads / "walk.mp4")


def add(jobs: Path, name: str, job: str = OTHER, table=None) -> Path:
    folder = jobs / job / "results" / name
    write_predictions(folder / "predictions.parquet", *(table or squatting(frames=75)))
    return folder


def compared(output: VideoOutput, jobs: Path, **options) -> dict:
    assert compare_video(output, CompareOptions(**options), jobs) == ()
    return json.loads((output.folder / "comparison.json").read_text("utf-8"))


def test_a_video_is_laid_over_that_of_the_same_name_in_the_other_job(output: VideoOutput, jobs: Path):
    add(jobs, "walk")
    add(jobs, "sit", table=nobody(90))
    comparison = compared(output, jobs, job=OTHER)
    assert (comparison["first"], comparison["second"]) == (f"walk (job {OTHER})", "walk")
    assert comparison["tempo"]["ratio"] == pytest.approx(90 / 75, rel=0.02)
    assert comparison["joint_distance_mm"] is not None
    assert str(jobs) not in json.dumps(comparison), "a place of this machine"


def test_the_only_video_of_the_other_job_is_meant_whatever_its_name(output: VideoOutput, jobs: Path):
    add(jobs, "before")
    assert compared(output, jobs, job=OTHER)["first"] == f"before (job {OTHER})"


def test_a_reference_of_the_settings_is_a_folder_or_a_file(output: VideoOutput, jobs: Path, tmp_path: Path):
    folder = add(jobs, "norm")
    for reference in (folder, folder / "predictions.parquet"):
        assert compared(output, jobs, reference=reference)["first"] == "norm"
    add(jobs, "walk", job="1" * 32)
    comparison = compared(output, jobs, reference=folder, job="1" * 32)
    assert comparison["first"] == f"walk (job {'1' * 32})", "what the job says goes before the settings"


def test_what_cannot_be_compared_says_why(output: VideoOutput, jobs: Path):
    with pytest.raises(InputNotFoundError, match="no results"):
        compare_video(output, CompareOptions(job=OTHER), jobs)
    with pytest.raises(InputError, match="compare_with"):
        compare_video(output, CompareOptions(), jobs)
    add(jobs, "monday")
    add(jobs, "tuesday")
    with pytest.raises(InputError, match="its videos: monday, tuesday"):
        compare_video(output, CompareOptions(job=OTHER), jobs)
    add(jobs, "walk", job="1" * 32, table=nobody(90))
    with pytest.raises(InputError):
        compare_video(output, CompareOptions(job="1" * 32), jobs)


@pytest.mark.parametrize("job", ["../../elsewhere", "0" * 31, "/etc", "A" * 32])
def test_only_an_id_is_another_job(job: str):
    with pytest.raises(ValueError, match="job"):
        CompareOptions(job=job)
