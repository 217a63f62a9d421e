"""How a run is, told from the files of its folder alone: while it goes on, after it died, and long after it ended."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.state.lease import LeaseSettings, LeaseSnapshot, LivenessMonitor, last_lease
from neuropose_ray.pipeline.state.run_layout import SUMMARY_FILE, state_folder
from neuropose_ray.pipeline.state.run_state import Failure, Phase, read_run_state
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.schemas.immutable import FrozenModel


class RunStatus(FrozenModel):
    """A run as it is seen from outside.

    ``running`` and ``dead`` are told apart by the run's heartbeat; ``stopped`` is a run that was interrupted or met
    an error, and said so. The same command goes on from what a dead or stopped run has finished.
    """

    out: str
    state: Literal["running", "finished", "stopped", "dead"]
    phase: Phase
    holder: str | None = Field(description="who runs or ran it; None for a run of an older version")
    last_sign_s: float | None = Field(description="seconds since the last sign of life of a run that has not ended")
    percent: float | None = Field(description="of all frames that containers promise; None while that is not known")
    inputs: int
    planned: int
    completed: int
    partial: int
    failed: int
    waiting: int
    chunks: int
    chunks_done: int
    chunks_failed: int
    frames: int
    frames_done: int
    frames_computed: int
    frames_per_s: float | None
    remaining_s: float | None
    ends_at: datetime | None = Field(description="estimated, by the clock of this machine")
    started_at: datetime
    model: str
    engine: str
    workers: int | None
    failures: tuple[Failure, ...] = Field(description="the first hundred; all are in summary.json at the end")
    error: str | None


def status_of(out: Path, *, settings: LeaseSettings | None = None) -> RunStatus:
    """The status of the run in an output folder; nothing is written.

    A run on another machine that seems to have been silent for too long is watched for a few heartbeats before it is
    called dead, as the clocks of two machines may differ.

    Args:
        out: the run's output.
        settings: heartbeat and limit of the runs.

    Raises:
        InputNotFoundError: there is no run in the folder.
    """
    folder, settings = state_folder(out), settings or LeaseSettings()
    lease = last_lease(folder)
    alive, silent_s = (False, None) if lease is None else _life(lease, folder, settings)
    # Read after the lease: a run says how it ended before it gives its folder back.
    state = read_run_state(folder)
    if state is None:
        return _of_summary(out)
    ended = state.phase in ("finished", "stopped")
    remaining_s = state.remaining_s if alive else None
    return RunStatus(
        **state.model_dump(exclude={"updated_at", "computing_s", "failures"}),
        out=str(out),
        state="finished" if state.phase == "finished" else "stopped" if ended else "running" if alive else "dead",
        holder=lease.record.holder if lease is not None and lease.record is not None else None,
        last_sign_s=None if ended else silent_s,
        percent=state.percent,
        frames_per_s=state.frames_per_s,
        remaining_s=remaining_s,
        ends_at=None if remaining_s is None else datetime.now(UTC) + timedelta(seconds=remaining_s),
        failures=state.failures,
    )


def _life(lease: LeaseSnapshot, folder: Path, settings: LeaseSettings) -> tuple[bool, float]:
    """Whether a run lives, and seconds since its last sign of life."""
    monitor = LivenessMonitor(settings, lambda path: abs(time.time() - path.stat().st_mtime))
    while (state := "dead" if lease.is_free else monitor.observe(lease)) == "unsure":
        time.sleep(settings.beat_s / 4)
        lease = last_lease(folder) or lease
    return state == "alive", max(0.0, time.time() - lease.path.stat().st_mtime)


def _of_summary(out: Path) -> RunStatus:
    """A finished run that left nothing but its summary."""
    try:
        summary = RunSummary.model_validate_json((out / SUMMARY_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        hint = "give the folder that was --out of `neuropose-ray process`"
        raise InputNotFoundError("there is no run in this folder", where=str(out), hint=hint) from error
    frames = sum(video.frames for video in summary.videos)
    failures = [
        Failure(video=video.name, stage=error.stage, message=error.message, attempts=error.attempts)
        for video in summary.videos
        if video.state == "failed"
        for error in video.errors
    ]
    return RunStatus(
        out=str(out),
        state="finished",
        phase="finished",
        holder=None,
        last_sign_s=None,
        percent=100.0,
        inputs=len(summary.videos),
        planned=len(summary.videos),
        completed=summary.count("completed"),
        partial=summary.count("partial"),
        failed=summary.count("failed"),
        waiting=0,
        chunks=0,
        chunks_done=0,
        chunks_failed=0,
        frames=frames,
        frames_done=frames,
        frames_computed=summary.frames_computed,
        frames_per_s=summary.frames_computed / summary.seconds if summary.frames_computed else None,
        remaining_s=None,
        ends_at=None,
        started_at=summary.started_at,
        model=summary.model,
        engine=summary.engine,
        workers=None,
        failures=tuple(failures[:100]),
        error=None,
    )
