"""Steps after the poses, video by video: a bad one stops none of the others, and a full disk is tried again."""

import errno
from collections.abc import Callable, Iterator, Sequence

import pytest

from neuropose_ray.errors import DiskFullError, InputError, OutputError
from neuropose_ray.service.jobs.failures import StepFailedError
from neuropose_ray.service.jobs.steps.settings import ExportOptions
from neuropose_ray.service.jobs.steps.videos import VideoSteps
from neuropose_ray.service.jobs.steps.work import Remarks, StepWork, VideoOutput

OPTIONS = ExportOptions(formats=("csv",))


class Here:
    """Tasks in this process; ``failure`` is raised in the place of the work."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def run(
        self, kind: str, function: Callable[[VideoOutput], Remarks], videos: Sequence[VideoOutput], should_stop
    ) -> Iterator[tuple[VideoOutput, Remarks | Exception]]:
        for video in videos:
            try:
                if self.failure is not None:
                    raise self.failure
                yield video, function(video)
            except Exception as error:  # noqa: BLE001  as tasks give it
                yield video, error


def located(item, folder, _should_stop):
    return folder.uploads / item.name


def test_every_video_with_poses_is_done_and_progress_told(work: Callable[..., StepWork]):
    step, told = work(), []
    object.__setattr__(step, "progress", lambda *progress: told.append(progress))
    assert VideoSteps(Here(), located)(step, OPTIONS) == []
    assert told == [(1.0, "walk.mp4", 1)]
    assert (step.folder.results / "walk" / "exports" / "predictions.csv").exists()


def test_a_video_that_cannot_be_used_is_named_and_the_step_goes_on(work: Callable[..., StepWork]):
    (error,) = VideoSteps(Here(InputError("nobody is seen")), located)(work(), OPTIONS)
    assert (error.code, error.input, error.step) == (InputError.code, "walk.mp4", "export")


def test_where_no_video_can_be_done_the_step_fails_with_the_reason(work: Callable[..., StepWork]):
    with pytest.raises(StepFailedError) as failed:
        VideoSteps(Here(OutputError("no permission")), located)(work(), OPTIONS)
    assert failed.value.error.input == "walk.mp4"


def test_what_nobody_foresaw_is_raised_as_it_is_and_tried_again(work: Callable[..., StepWork]):
    with pytest.raises(ZeroDivisionError):
        VideoSteps(Here(ZeroDivisionError("by zero")), located)(work(), OPTIONS)


def test_a_full_disk_is_named_whatever_it_was_raised_as(work: Callable[..., StepWork], monkeypatch):
    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("neuropose_ray.service.jobs.steps.videos.export_video", full)
    with pytest.raises(DiskFullError, match="free some space"):
        VideoSteps(Here(), located)(work(), OPTIONS)
