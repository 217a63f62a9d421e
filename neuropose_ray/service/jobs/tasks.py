"""The steps after the poses as Ray tasks: processes of their own, that can be ended, named after job and video."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from neuropose_ray.cluster import SEE_LOG, cause_of, run_tasks
from neuropose_ray.errors import JobCancelledError
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput
from neuropose_ray.service.logs import LogFiles, LoggedTask, current_ids


class RayVideoTasks:
    """Some tasks at once, on the Ray that this process is connected to.

    Args:
        at_once: of one job.
        logs: of the tasks; None where nobody reads them.
    """

    def __init__(self, at_once: int, logs: LogFiles | None = None) -> None:
        self._at_once, self._logs = at_once, logs

    def run(
        self,
        kind: str,
        function: Callable[[VideoOutput], Remarks],
        videos: Sequence[VideoOutput],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[VideoOutput, Remarks | Exception]]:
        """The function of every video; see :class:`~neuropose_ray.service.jobs.steps.work.VideoTasks`."""

        def check() -> None:
            if should_stop():
                raise JobCancelledError("the job was told to stop")

        outcomes = run_tasks(
            function if self._logs is None else LoggedTask(function, self._logs, dict(current_ids())),
            videos,
            name=lambda video: f"{kind} {video.name}",
            at_once=self._at_once,
            check=check,
            # No CPU is reserved: pose models may hold all of them for good, and these tasks must not wait for that.
            num_cpus=0,
            max_retries=0,
        )
        for video, outcome in outcomes:
            yield video, _own_error(outcome) if isinstance(outcome, Exception) else outcome


def _own_error(error: Exception) -> Exception:
    """What the function raised, or why its process ended."""
    from ray.exceptions import RayError

    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) and not isinstance(cause, RayError) else cause_of(error, SEE_LOG)
