"""Tries of chunks that others end: because they make no progress, or because a process ends for another's sake."""

from __future__ import annotations

from neuropose_ray.errors import StalledError
from neuropose_ray.pipeline.chunks.active_attempts import Attempt
from neuropose_ray.pipeline.chunks.commit import error_record
from neuropose_ray.pipeline.chunks.worker import RunContext


def record_stall(context: RunContext, attempt: Attempt, limit_s: float) -> None:
    """Count a try that was given up because it made no progress.

    One whose frames were in a call of the model with those of other chunks does not count: nobody knows whose frame
    it was. The next try is made alone.

    Raises:
        OutputError: no space or no permission.
    """
    stage = "model" if attempt.calls_since_s else attempt.stage
    if stage == "model" and attempt.shared:
        context.store(attempt.task.video.name).note(attempt.task.key, attempt.before.suspected())
        return
    doing = {"decode": "the decoder", "model": "the pose model"}.get(stage, stage)
    error = StalledError(
        f"no frame of chunk {attempt.task.index} was finished for {limit_s:g} s ({doing} does not return)",
        where=str(attempt.task.video.info.source.path),
        hint="if it is only slow, raise engine.stall_limit_s",
    )
    record = error_record(error, attempt.before.count + 1).model_copy(update={"stage": stage})
    context.store(attempt.task.video.name).note(attempt.task.key, attempt.before.failed(record))


def revert_attempt(context: RunContext, attempt: Attempt) -> None:
    """Take a try back that ends for another chunk's sake.

    Raises:
        OutputError: no space or no permission.
    """
    context.store(attempt.task.video.name).note(attempt.task.key, attempt.before)
