"""Inputs and videos of a step: those that are nowhere stop none of the others, unless all of them may come back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from neuropose_ray.errors import FetchError, FileFormatError, InputNotFoundError, JobCancelledError
from neuropose_ray.schemas.jobs import JobInput
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.jobs.steps.work import StepWork, VideoOutput, located, videos_with_poses


def uploads(item: JobInput, folder: JobFolder, _should_stop: Callable[[], bool]) -> Path:
    return folder.uploads / item.name


def test_every_input_has_its_path_and_its_name_for_messages(work: Callable[..., StepWork]):
    step = work()
    paths, errors = located(step, uploads)
    assert paths == {name: step.folder.uploads / name for name in ("walk.mp4", "empty.mp4")}
    assert errors == []
    assert step.names_by_path == {str(path): name for name, path in paths.items()}


def test_one_that_is_nowhere_is_an_error_beside_the_others(work: Callable[..., StepWork]):
    def locate(item: JobInput, folder: JobFolder, should_stop: Callable[[], bool]) -> Path:
        if item.name == "walk.mp4":
            raise InputNotFoundError("the upload is gone", where=str(folder.uploads / item.name))
        return uploads(item, folder, should_stop)

    paths, errors = located(work(), locate)
    assert list(paths) == ["empty.mp4"]
    assert [(error.code, error.input, error.step) for error in errors] == [("input_not_found", "walk.mp4", "pose")]


def test_where_none_can_be_had_and_they_may_come_back_the_step_is_tried_again(work: Callable[..., StepWork]):
    def locate(*_arguments: object) -> Path:
        raise FetchError("the host does not answer")

    with pytest.raises(FetchError):
        located(work(), locate)


def test_a_job_that_should_stop_stops(work: Callable[..., StepWork]):
    with pytest.raises(JobCancelledError):
        located(work(should_stop=True), uploads)


def test_videos_are_those_with_poses_whose_input_is_there(work: Callable[..., StepWork]):
    step = work()
    paths, _ = located(step, uploads)
    walk = VideoOutput("walk.mp4", step.folder.results / "walk", paths["walk.mp4"])
    assert videos_with_poses(step, paths) == [walk]
    assert videos_with_poses(step, {"empty.mp4": paths["empty.mp4"]}) == []


@pytest.mark.parametrize("content", [None, b"{", b"{}"])
def test_a_summary_that_cannot_be_read_is_a_typed_error(work: Callable[..., StepWork], content: bytes | None):
    step = work()
    file = step.folder.results / "summary.json"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(FileFormatError, match="the summary of the poses cannot be read"):
        videos_with_poses(replace(step), {})
