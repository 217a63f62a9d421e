"""What every step of a job is given, and the videos that it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from neuropose_ray.errors import FileFormatError, JobCancelledError, NeuroposeRayError
from neuropose_ray.pipeline import RunSummary
from neuropose_ray.schemas.jobs import JobError, JobInput, JobRequest
from neuropose_ray.schemas.result_files import SUMMARY_FILE
from neuropose_ray.schemas.workflows import Step
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.settings import Settings

#: Where an input lies on this machine, fetched if need be: of the input, the job's folder, and whether to stop.
Locate = Callable[[JobInput, JobFolder, Callable[[], bool]], Path]


class ReportProgress(Protocol):
    """What a step calls to say how far it is."""

    def __call__(
        self, fraction: float, video: str | None, inputs_done: int, frames: tuple[int, int] | None = None
    ) -> None:
        """So much of the step is done; see :meth:`.progress.ProgressTracker.at`."""
        ...


@dataclass(frozen=True, slots=True)
class StepWork:
    """One step of one job.

    Attributes:
        request: the job.
        folder: its own.
        step: what is to be done, and how often it is tried.
        settings: of the service.
        names_by_path: input names by path, filled as inputs are found; for messages.
        should_stop: whether the job was cancelled, the service stops, or the time is over.
        progress: told the fraction of the step (0 to 1), the video it is at, how many are through, and frames.
        log: takes a line for the job's log.
    """

    request: JobRequest
    folder: JobFolder
    step: Step
    settings: Settings
    names_by_path: dict[str, str]
    should_stop: Callable[[], bool]
    progress: ReportProgress
    log: Callable[[str], None]

    def check(self) -> None:
        """Leave the step if it should stop.

        Raises:
            JobCancelledError: it should.
        """
        if self.should_stop():
            raise JobCancelledError("the job was told to stop")


@dataclass(frozen=True, slots=True)
class VideoOutput:
    """One video of a job that has poses.

    Attributes:
        name: of the input, as clients know it.
        folder: its results.
        video: from which they were made.
    """

    name: str
    folder: Path
    video: Path


#: What was wrong though the work is done.
Remarks = tuple[NeuroposeRayError, ...]


class VideoTasks(Protocol):
    """Who does the steps after the poses, a task for each video."""

    def run(
        self,
        kind: str,
        function: Callable[[VideoOutput], Remarks],
        videos: Sequence[VideoOutput],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[VideoOutput, Remarks | Exception]]:
        """The function of every video, in any order; an error in the place of what it gives.

        Raises:
            JobCancelledError: it should stop; what ran has been ended.
        """
        ...


def located(work: StepWork, locate: Locate) -> tuple[dict[str, Path], list[JobError]]:
    """Where the job's inputs are, by name, and the errors of those that are nowhere.

    Raises:
        NeuroposeRayError: none of them can be had, and to try again may help.
    """
    from neuropose_ray.service.jobs.failures import job_error

    paths: dict[str, Path] = {}
    errors: list[tuple[str, NeuroposeRayError]] = []
    for item in work.request.inputs:
        work.check()
        try:
            paths[item.name] = locate(item, work.folder, work.should_stop)
            work.names_by_path[str(paths[item.name])] = item.name
        except JobCancelledError:
            raise
        except NeuroposeRayError as error:
            errors.append((item.name, error))
    if errors and any(error.retryable for _, error in errors) and not paths:
        raise errors[0][1]
    return paths, [job_error(error, "pose", name, work.names_by_path) for name, error in errors]


def videos_with_poses(work: StepWork, paths: Mapping[str, Path]) -> list[VideoOutput]:
    """The videos of a job for which the pose step has results.

    Raises:
        FileFormatError: its summary is gone or damaged.
    """
    path = work.folder.results / SUMMARY_FILE
    try:
        summary = RunSummary.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise FileFormatError("the summary of the poses cannot be read", where=str(path), hint="retry") from error
    return [
        VideoOutput(result.input, work.folder.results / result.name, paths[result.input])
        for result in summary.videos
        if result.state != "failed" and result.input in paths
    ]
