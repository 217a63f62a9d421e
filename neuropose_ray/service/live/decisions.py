"""What becomes of decisions that the hub takes: an outbox on the stores of the settings, and jobs of clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from neuropose_ray.errors import NeuroposeRayError, NotReadyError, SourceError, first_line
from neuropose_ray.schemas.actions import EnqueueJob
from neuropose_ray.schemas.job_names import STANDARD_NAME
from neuropose_ray.schemas.jobs import JobInput, JobRequest
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.live.outbox import ActionFailure, Outbox
from neuropose_ray.service.settings import Settings
from neuropose_ray.stores import Stores, open_stores

_CLIP = "clip.mp4"
_CLIP_S, _SUBMIT_S = 60.0, 30.0


class Decisions(Protocol):
    """The protocol of what does decisions, whatever happens after it has taken them."""

    def accept(self, decision: Decision) -> bool:
        """Take one on; whether it is new."""
        ...

    def sweep(self, now: float) -> None:
        """Remove what is outdated at ``now``, Unix seconds."""
        ...

    def close(self) -> None:
        """Leave the rest for the next process."""
        ...


class StoredDecisions:
    """Decisions in an outbox, with its stores.

    Args:
        outbox: launched.
        stores: that its actions write to.
    """

    def __init__(self, outbox: Outbox, stores: Stores) -> None:
        self._outbox, self._stores = outbox, stores

    def accept(self, decision: Decision) -> bool:
        """Take one on; whether it is new."""
        return self._outbox.accept(decision)

    def sweep(self, now: float) -> None:
        """Remove pictures and events whose time is over.

        Raises:
            StoreUnavailableError: one of the stores is away.
        """
        self._stores.sweep(now)

    def close(self) -> None:
        """Leave the rest for the next process."""
        self._outbox.close()
        self._stores.close()


def open_decisions(
    settings: Settings,
    url: str,
    submit: Callable[[JobRequest], None],
    actor_of: Callable[[str], Any | None],
    on_failure: Callable[[ActionFailure], None],
) -> Decisions:
    """The outbox of the settings' stores, which goes on with what an earlier process had taken.

    Args:
        settings: of the service.
        url: of its database.
        submit: submits a job; raises what is retryable where the job manager is away.
        actor_of: the actor of a stream by its id; None where there is none.
        on_failure: is called with each action that is given up.

    Raises:
        ServiceError: the database cannot be opened.
        OutputError: files of the stores cannot be made.
    """
    data = DataFolder(settings.service.data_dir)
    stores = open_stores(settings.service.live.stores, data.live, settings.service.webhooks)
    clips = ClipJobs(data, submit, actor_of)
    outbox = Outbox(url, stores, clips, on_failure)
    outbox.launch()
    return StoredDecisions(outbox, stores)


class ClipJobs:
    """Makes jobs of the last seconds of streams.

    Args:
        data: folder of the service, where the clip is a job's upload.
        submit: submits a job.
        actor_of: the actor of a stream by its id; None where there is none.
    """

    def __init__(
        self, data: DataFolder, submit: Callable[[JobRequest], None], actor_of: Callable[[str], Any | None]
    ) -> None:
        self._data, self._submit, self._actor_of = data, submit, actor_of

    def __call__(self, decision: Decision, action: EnqueueJob, job_id: str, labels: Mapping[str, str]) -> None:
        """Submit the job; where the clip is there already, it is not written again.

        Raises:
            SourceError: the stream keeps no clips, or is gone.
            NotReadyError: it does not answer now.
        """
        path = self._data.job(job_id).uploads / _CLIP
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(decision.stream_id, action.seconds, path)
        self._submit(
            JobRequest(
                id=job_id,
                workflow=action.workflow or STANDARD_NAME,
                inputs=(JobInput(name=_CLIP, size_bytes=path.stat().st_size),),
                labels=dict(labels),
                owner=decision.owner,
                submitted_at=datetime.fromtimestamp(decision.at, UTC),
            )
        )

    def _write(self, stream_id: str, seconds: float, path: Path) -> None:
        import ray

        actor = self._actor_of(stream_id)
        if actor is None:
            raise SourceError("the stream is gone, and its last seconds with it", where=stream_id)
        try:
            answer = ray.get(actor.clip.remote(seconds, path), timeout=_CLIP_S)
        except Exception as error:
            raise NotReadyError(f"the stream does not answer ({first_line(error)})", where=stream_id) from error
        if isinstance(answer, NeuroposeRayError):
            raise answer


def submitted_by(handle: Any) -> Callable[[JobRequest], None]:
    """Submits jobs over the job manager's Serve handle, from a thread."""

    def submit(request: JobRequest) -> None:
        try:
            answer = handle.answer.remote("submit", request).result(timeout_s=_SUBMIT_S)
        except Exception as error:
            raise NotReadyError(f"the job manager does not answer ({type(error).__name__})") from error
        if isinstance(answer, NeuroposeRayError):
            raise answer

    return submit
