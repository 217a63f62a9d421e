"""The steps after the poses: each does its work video by video, and a bad video stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from neuropose_ray.errors import DiskFullError, InputError, NeuroposeRayError
from neuropose_ray.schemas.atomic import is_disk_full
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobError
from neuropose_ray.service.jobs.failures import StepFailedError, job_error
from neuropose_ray.service.jobs.steps.analyze import analyze_video
from neuropose_ray.service.jobs.steps.annotate import annotate_videos
from neuropose_ray.service.jobs.steps.compare import compare_video
from neuropose_ray.service.jobs.steps.curate import curate_videos
from neuropose_ray.service.jobs.steps.export import export_video
from neuropose_ray.service.jobs.steps.overlay import overlay_video
from neuropose_ray.service.jobs.steps.report import report_video
from neuropose_ray.service.jobs.steps.settings import (
    AnalyzeOptions,
    AnnotateOptions,
    CompareOptions,
    CurateOptions,
    ExportOptions,
    OverlayOptions,
    ReportOptions,
    TextOptions,
)
from neuropose_ray.service.jobs.steps.text import describe_video
from neuropose_ray.service.jobs.steps.work import (
    Locate,
    Remarks,
    StepWork,
    VideoOutput,
    VideoTasks,
    located,
    videos_with_poses,
)


class VideoSteps:
    """Does every step but ``pose``.

    Args:
        tasks: who does the work.
        locate: finds the inputs.
    """

    def __init__(self, tasks: VideoTasks, locate: Locate) -> None:
        self._tasks, self._locate = tasks, locate

    def __call__(self, work: StepWork, options: FrozenModel) -> list[JobError]:
        """Do a step for all videos that have poses.

        A video that cannot be used, as one in which nobody is seen, and one of several with which something else is
        wrong, stop none of the others: they are named in what is returned.

        Returns:
            What is wrong with which video.

        Raises:
            JobCancelledError: it should stop.
            DiskFullError: the disk was full for some of them.
            StepFailedError: no video could be done, for a reason that lies in none of them.
            Exception: the same, and the reason may go away.
        """
        paths, _ = located(work, self._locate)  # what is nowhere was said of the poses
        if isinstance(options, CurateOptions):
            names = {str(path): name for name, path in paths.items()}
            curated = partial(curate_videos, names=names, options=options, video=work.settings.video)
            return self._together(work, curated, paths)
        if isinstance(options, AnnotateOptions):
            return self._together(work, partial(annotate_videos, options=options), paths)
        videos = videos_with_poses(work, paths)
        function = partial(_with_disk_named, _function(options, work))
        errors: list[JobError] = []
        faults: list[Exception] = []
        for done, (video, outcome) in enumerate(
            self._tasks.run(work.step.kind, function, videos, work.should_stop), 1
        ):
            if isinstance(outcome, Exception):
                work.log(f"{work.step.kind} of {video.name}: {type(outcome).__name__}: {outcome}")
                errors.append(_reported(outcome, work, video))
                if not isinstance(outcome, InputError):
                    faults.append(outcome)
            else:
                errors += [_reported(remark, work, video) for remark in outcome]
            work.progress(done / len(videos), video.name, done)
        for full in (fault for fault in faults if isinstance(fault, DiskFullError)):
            raise full
        if videos and len(faults) == len(videos):
            passing = [fault for fault in faults if not isinstance(fault, NeuroposeRayError) or fault.retryable]
            raise passing[0] if passing else StepFailedError(errors[0])
        return errors

    def _together(
        self, work: StepWork, function: Callable[[VideoOutput], Remarks], paths: Mapping[str, Path]
    ) -> list[JobError]:
        """Do all videos in one task, for what is of the whole job: near-duplicates, a data set."""
        if not paths:
            return []
        everything = VideoOutput(work.folder.results.name, work.folder.results, next(iter(paths.values())))
        named = partial(_with_disk_named, function)
        ((_, outcome),) = self._tasks.run(work.step.kind, named, [everything], work.should_stop)
        if isinstance(outcome, Exception):
            work.log(f"{work.step.kind}: {type(outcome).__name__}: {outcome}")
            raise outcome
        work.progress(1.0, None, len(paths))
        names = {**work.names_by_path, str(everything.folder): everything.name}
        return [job_error(remark, work.step.kind, remark.where or everything.name, names) for remark in outcome]


def _with_disk_named(function: Callable[[VideoOutput], Remarks], video: VideoOutput) -> Remarks:
    """Do one video; an error loses what it was raised from on its way out of the task's process."""
    try:
        return function(video)
    except Exception as error:
        if isinstance(error, DiskFullError) or not is_disk_full(error):
            raise
        what = getattr(error, "what", None) or str(error)
        raise DiskFullError(what, where=str(video.folder), hint="free some space") from error


def _reported(error: Exception, work: StepWork, video: VideoOutput) -> JobError:
    kind: StepKind = work.step.kind
    return job_error(error, kind, video.name, {**work.names_by_path, str(video.folder): video.name})


def _function(options: FrozenModel, work: StepWork) -> Callable[[VideoOutput], Remarks]:
    image_fps = work.settings.video.image_fps
    match options:
        case AnalyzeOptions():
            return partial(analyze_video, options=options)
        case OverlayOptions():
            return partial(overlay_video, options=options, image_fps=image_fps)
        case ReportOptions():
            return partial(report_video, options=options, image_fps=image_fps)
        case ExportOptions():
            return partial(export_video, options=options)
        case TextOptions():
            return partial(describe_video, options=options, settings=work.settings.description)
        case CompareOptions():
            return partial(compare_video, options=options, jobs=work.folder.root.parent)
    raise TypeError(f"no step has {type(options).__name__}")
