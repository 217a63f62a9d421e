"""The step ``pose``: the run of the pipeline in the job's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from neuropose_ray.errors import UnknownModelError
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline import ChunkOutcome, Engine, RunSummary, VideoResult, run, write_summary
from neuropose_ray.schemas.jobs import JobError
from neuropose_ray.service.jobs.failures import StepFailedError, record_error
from neuropose_ray.service.jobs.steps.settings import PoseOptions
from neuropose_ray.service.jobs.steps.work import Locate, StepWork, located
from neuropose_ray.service.settings import Settings
from neuropose_ray.words import counted

#: An engine for one run, closed with the block. It ends soon after the first callable says that it should, and gives
#: the second one lines for the job's log.
Engines = Callable[[Callable[[], bool], Callable[[str], None]], AbstractContextManager[Engine]]
# Of the step: looking at the inputs, computing, and putting the videos together.
_PLANNED, _COMPUTED = 0.05, 0.95


class PoseStep:
    """Finds the poses of all videos of a job; what an earlier try finished is not done again.

    Args:
        spec: the pose model.
        engines: who computes.
        locate: finds the inputs.
        others: further pose models by the names that jobs call them, and who computes with each.
    """

    def __init__(
        self,
        spec: PoseModelSpec,
        engines: Engines,
        locate: Locate,
        others: Mapping[str, tuple[PoseModelSpec, Engines]] | None = None,
    ) -> None:
        self._spec, self._engines, self._locate = spec, engines, locate
        self._others = others or {}

    def __call__(self, work: StepWork, options: PoseOptions) -> list[JobError]:
        """Do it.

        Returns:
            The inputs without a whole result, and why.

        Raises:
            StepFailedError: no input has a result.
            JobCancelledError: it should stop.
            NeuroposeRayError: the run as a whole cannot be done.
        """
        spec, engines = self._chosen(work.settings.model, options.model)
        paths, errors = located(work, self._locate)
        if not paths:
            raise StepFailedError(errors[0])
        with engines(work.should_stop, work.log) as engine:
            summary = run(
                list(paths.values()),
                work.folder.results,
                settings=_with(work.settings, options),
                spec=spec,
                engine=engine,
                wait=True,  # nobody but this job's last try, which was killed perhaps, works in its folder
                progress=_Progress(work, paths),
            )
        # What a client reads names the inputs as the client did.
        parts = {"videos": summary.videos, "earlier_videos": summary.earlier_videos}
        summary = summary.model_copy(
            update={part: tuple(_named(result, work.names_by_path) for result in of) for part, of in parts.items()}
        )
        write_summary(summary, work.folder.results)
        errors += _errors(summary, work.names_by_path)
        if all(result.state == "failed" for result in summary.videos):
            raise StepFailedError(errors[-1])
        return errors

    def _chosen(self, usual: str, wanted: str | None) -> tuple[PoseModelSpec, Engines]:
        """The pose model of a job.

        Raises:
            UnknownModelError: the service has it no more.
        """
        if wanted in (None, usual):
            return self._spec, self._engines
        try:
            return self._others[wanted or usual]
        except KeyError:
            raise UnknownModelError(
                f"the service has no pose model {wanted!r}", hint="see service.models in its settings"
            ) from None


def _with(settings: Settings, options: PoseOptions) -> Settings:
    changed: dict[str, object] = {}
    if options.camera is not None:
        changed["camera"] = options.camera
    if options.model is not None:
        changed["model"] = options.model
    if options.height_m is not None:
        changed["fitting"] = settings.fitting.model_copy(update={"height_m": options.height_m})
    if options.fit is not None:
        changed["fit"] = options.fit
    rates = {"image_fps": options.image_fps, "capture_fps": options.capture_fps, "rate": options.rate}
    if given := {name: value for name, value in rates.items() if value is not None}:
        changed["video"] = settings.video.model_copy(update=given)
    return settings.model_copy(update=changed)


def _named(result: VideoResult, names_by_path: Mapping[str, str]) -> VideoResult:
    path = Path(result.input)
    names = [names_by_path[str(parent)] for parent in (path, *path.parents) if str(parent) in names_by_path]
    return replace(result, input=names[0] if names else result.name)


def _errors(summary: RunSummary, names_by_path: Mapping[str, str]) -> list[JobError]:
    return [
        record_error(record, "pose", result.input, names_by_path)
        for result in summary.videos
        for record in result.errors[:1]
    ]


class _Progress:
    """Tells a job how far its run is, and ends the run where it should stop."""

    def __init__(self, work: StepWork, paths: Mapping[str, Path]) -> None:
        self._work, self._videos = work, len(paths)
        self._chunks, self._done = 1, 0
        self._frames, self._frames_done = 0, 0
        self._assembled, self._waits = 0, ""

    def waiting(self, line: str) -> None:
        self._work.check()
        if line != self._waits:
            self._work.log(line)
        self._waits = line

    def planning(self, done: int, inputs: int) -> None:
        self._work.check()
        self._work.progress(_PLANNED * done / max(1, inputs), None, 0)

    def start(self, chunks: int, frames: int) -> None:
        self._work.check()
        self._chunks, self._frames = max(1, chunks), frames
        self._work.progress(_PLANNED, None, 0, (0, frames))
        self._work.log(f"{counted(frames, 'frame')} in {counted(chunks, 'chunk')} to compute")

    def advance(self, outcome: ChunkOutcome) -> None:
        self._work.check()
        self._done += 1
        self._frames_done = min(self._frames, self._frames_done + outcome.frames)
        fraction = _PLANNED + (_COMPUTED - _PLANNED) * self._done / self._chunks
        frames = (self._frames_done, self._frames)
        self._work.progress(fraction, self._name(outcome.video), self._assembled, frames)

    def assembling_again(self, done: int, videos: int) -> None:  # noqa: ARG002  the signature is the protocol's
        self._work.check()
        self._work.progress(_COMPUTED, None, done)

    def assembling(self, results: Iterable[VideoResult]) -> Iterator[VideoResult]:
        for result in results:
            self._work.check()
            self._assembled += 1
            fraction = _COMPUTED + (1 - _COMPUTED) * self._assembled / self._videos
            self._work.progress(fraction, self._name(result.name), self._assembled)
            yield result

    def _name(self, video: str) -> str:
        """The name of the input, whose stem the folder mostly has."""
        return next((name for name in self._work.names_by_path.values() if Path(name).stem == video), video)
