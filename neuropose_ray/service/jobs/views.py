"""Jobs as clients see them, made of what the queue knows and of what runs."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from neuropose_ray.errors import RequestError
from neuropose_ray.pipeline import is_internal
from neuropose_ray.schemas.jobs import Artifact, Job, JobProgress, JobRequest, WebhookStatus
from neuropose_ray.service.jobs.execution import RunningJob
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.jobs.step_states import read_steps, steps_of_job
from neuropose_ray.stores import shown_url

#: Since 1970: beyond it no database has a time.
_LAST_MS = round(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


def job_of(row: JobRow, running: Mapping[str, RunningJob]) -> Job:
    """As clients see it.

    Args:
        row: of the job.
        running: all that run. It must have been read before the row: else the last progress may be in neither.
    """
    request = row.request
    at_work = running.get(request.id) if row.state == "running" else None
    steps = steps_of_job(
        read_steps(row.steps, row.attributes.get("steps")) if at_work is None else at_work.steps.now,
        row.state,
        None if row.error is None else row.error.step,
    )
    return Job(
        id=request.id,
        state=row.state,
        workflow=request.workflow,
        inputs=tuple(item.name for item in request.inputs),
        priority=request.priority,
        labels=request.labels,
        source=request.source,
        folder=request.folder,
        owner=request.owner,
        options=request.options.as_shown(),
        attempts=row.starts,
        progress=_progress(row, at_work),
        steps=steps,
        batch=request.batch,
        deadline=row.deadline,
        last_error=next((step.last_error for step in steps if step.state in ("running", "retrying")), None),
        error=row.error,
        warnings=row.warnings,
        submitted_at=request.submitted_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        webhook=_webhook(row),
    )


def _webhook(row: JobRow) -> WebhookStatus | None:
    if row.request.webhook is None:
        return None
    known = row.attributes.get("webhook") or {}
    return WebhookStatus(
        receiver=shown_url(row.request.webhook.url),
        state=known.get("state", "awaiting"),
        attempts=known.get("attempts", 0),
        status=known.get("status"),
        last_error=known.get("error"),
        last_attempt_at=None if known.get("at") is None else datetime.fromtimestamp(known["at"], UTC),
    )


def _progress(row: JobRow, running: RunningJob | None) -> JobProgress:
    written = JobProgress.model_validate(row.attributes.get("progress") or {})
    nowhere = {"stage": None, "input": None, "eta": None}
    if row.state == "completed":
        return written.model_copy(update={**nowhere, "percent": 100.0, "inputs_done": len(row.request.inputs)})
    if row.state != "running" or running is None:
        return written.model_copy(update=nowhere)
    now = running.progress.now
    return now.model_copy(update={"percent": max(now.percent, written.percent)})


def parse_cursor(text: str) -> tuple[int, int, str]:
    """The place of a page's last job in the order of all, from what ``next`` said.

    Raises:
        RequestError: it is not of a page.
    """
    match = re.fullmatch(r"(-[0-9]{1,15})_(-[0-9]{1,18})_([0-9a-f]{32})", text)
    if match is None or -int(match[1]) > _LAST_MS:
        raise _no_place()
    return int(match[1]), int(match[2]), match[3]


#: The time of a batch, negative so that the newest comes first, and its id.
BatchCursor = tuple[int, str]


def batch_cursor_text(cursor: BatchCursor) -> str:
    """The place of a page's last batch, as ``next`` says it."""
    return f"{cursor[0]}_{cursor[1]}"


def parse_batch_cursor(text: str) -> BatchCursor:
    """The place of a page's last batch in the order of all, from what ``next`` said.

    Raises:
        RequestError: it is not of a page.
    """
    match = re.fullmatch(r"(-[0-9]{1,15})_([0-9a-f]{32})", text)
    if match is None:
        raise _no_place()
    return int(match[1]), match[2]


def _no_place() -> RequestError:
    return RequestError("not a place in the list", where="after", hint="give `next` of the last page")


def has_label(request: JobRequest, label: str | None) -> bool:
    """Whether a job has a label, ``name=value`` or the name alone; None asks for nothing."""
    if label is None:
        return True
    name, given, value = label.partition("=")
    return name in request.labels and (not given or request.labels[name] == value)


def artifacts_in(results: Path) -> tuple[Artifact, ...]:
    """The files below the results, without those that are the run's own."""
    artifacts = []
    for parent, folders, names in os.walk(results):  # passes over folders that a step removes meanwhile
        below = Path(parent).relative_to(results)
        folders[:] = [name for name in folders if not is_internal(below / name)]
        for path in (below / name for name in names):
            with suppress(FileNotFoundError):  # a step may be replacing it
                if not is_internal(path) and (results / path).is_file():
                    artifacts.append(Artifact(path=path.as_posix(), size_bytes=(results / path).stat().st_size))
    return tuple(sorted(artifacts, key=lambda artifact: artifact.path))
