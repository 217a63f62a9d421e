"""The steps after the poses as Ray tasks: processes of their own, that can be ended, named after job and video."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from neuropose_ray.errors import EngineError, JobCancelledError
from neuropose_ray.pipeline.engines.ray_tasks import cause_of
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput

# A person who cancels waits no longer than a second.
_LOOK_S = 0.5


class RayVideoTasks:
    """Some tasks at once, on the Ray that this process is connected to.

    Args:
        at_once: of one job.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once

    def run(
        self,
        kind: str,
        function: Callable[[VideoOutput], Remarks],
        videos: Sequence[VideoOutput],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[VideoOutput, Remarks | Exception]]:
        """The function of every video; see :class:`~neuropose_ray.service.jobs.steps.work.VideoTasks`."""
        import ray

        # No CPU is reserved: pose models may hold all of them for good, and these tasks must not wait for that.
        remote = ray.remote(num_cpus=0, max_retries=0)(_call)
        waiting = list(videos)
        running: dict[Any, VideoOutput] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._at_once:
                    video = waiting.pop(0)
                    running[remote.options(name=f"{kind} {video.name}").remote(function, video)] = video
                if should_stop():
                    raise JobCancelledError("the job was told to stop")
                done, _ = ray.wait(list(running), timeout=_LOOK_S)
                for reference in done:
                    yield running.pop(reference), _outcome(reference)
        finally:
            for reference in running:
                ray.cancel(reference, force=True)


def _outcome(reference: Any) -> Remarks | Exception:
    import ray
    from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError

    try:
        remarks: Remarks = ray.get(reference)
    except (OutOfMemoryError, WorkerCrashedError):
        return EngineError("its process died without a word")
    except RayTaskError as error:
        cause = error.cause
        return cause if isinstance(cause, Exception) else cause_of(error)
    except RayError as error:
        return cause_of(error)
    return remarks


def _call(function: Callable[[VideoOutput], Remarks], video: VideoOutput) -> Remarks:
    return function(video)
