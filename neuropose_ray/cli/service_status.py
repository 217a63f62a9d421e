"""The state of the service in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from neuropose_ray.cli.console import duration
from neuropose_ray.service import LIVE_HUB

if TYPE_CHECKING:
    from neuropose_ray.schemas.jobs import Job, Mode
    from neuropose_ray.service import ServiceReport

#: A running job that has moved nothing for longer is pointed out.
STALE_S = 60.0
_BAR = 20
_RESUME = "`neuropose-ray service resume` ends that"
_ADVICE: Mapping[Mode, str] = {
    "paused": f"paused: jobs are taken, and wait; {_RESUME}",
    "draining": f"draining: what runs and waits is done, no new jobs are taken; {_RESUME}",
    "ending": f"ending: what runs is done, what waits is left to the next service; {_RESUME}",
    "ended": f"ended: nothing runs any more, what waits is left to the next service; {_RESUME}",
}


def service_lines(report: ServiceReport, now: datetime) -> list[str]:
    """What a person wants to know of a service.

    Args:
        report: what the service says of itself.
        now: the time, for jobs that have not moved for long.
    """
    jobs = report.jobs
    state = "ready" if report.ready else f"waits for {', '.join(report.waits_for)}"
    mode = "" if jobs.mode == "running" else f", {jobs.mode}"
    advice = mode_advice(jobs.mode)
    lines = [f"{state}{mode}; version {report.version}, up for {duration(jobs.uptime_s)}"]
    lines += [] if advice is None else [advice]
    lines.append(
        f"jobs: {jobs.active} active, {jobs.queued} queued, {jobs.processed} processed, {jobs.errors} errors, "
        f"{jobs.cancelled} cancelled"
    )
    for name, queue in jobs.queues.items():
        oldest = "" if queue.oldest_s is None else f", the oldest for {duration(queue.oldest_s)}"
        lines.append(f"queue {name}: {queue.depth} waiting{oldest}")
    for name, states in report.replicas.items():
        counts = ", ".join(f"{count} {state.lower()}" for state, count in states.items() if count)
        absent = "starts when it is needed" if name == LIVE_HUB else "no replicas"
        lines.append(f"{name}: {counts or absent}")
    lines += _figures(report)
    lines.append(f"disk: {jobs.disk_free_bytes / 1e9:.1f} GB free")
    for job in jobs.current:
        lines += _job_lines(job, now)
    return lines


def _figures(report: ServiceReport) -> Iterator[str]:
    """What there is to say of requests for poses, slow steps and GPUs."""
    pose, slowest = report.pose, report.jobs.slowest_step
    if pose.answered or pose.ongoing or pose.errors:
        mean = "" if pose.mean_ms is None else f", {pose.mean_ms:.0f} ms on average"
        errors = "".join(f", {count} {code}" for code, count in sorted(pose.errors.items()))
        answered = f"{pose.answered} answered{mean}, {pose.pictures} pictures{errors}"
        yield f"pose requests: {pose.ongoing} ongoing, {answered}"
    if slowest is not None:
        yield (
            f"slowest step: {slowest.kind}, {duration(slowest.mean_s)} on average of {slowest.ended}, "
            f"at most {duration(slowest.longest_s)}"
        )
    for gpu in report.gpus:
        yield f"GPU {gpu.name}: {gpu.used_bytes / 1e9:.1f} of {gpu.total_bytes / 1e9:.1f} GB in use"


def mode_advice(mode: Mode) -> str | None:
    """What a mode means for jobs, and what ends it; None where jobs are taken and done."""
    return _ADVICE.get(mode)


def _job_lines(job: Job, now: datetime) -> list[str]:
    progress, done = job.progress, round(job.progress.percent / 100 * _BAR)
    what = " ".join(part for part in (progress.stage, progress.input) if part)
    videos = f" ({progress.inputs_done} of {len(job.inputs)} videos done)" if len(job.inputs) > 1 else ""
    bar = "#" * done + "-" * (_BAR - done)
    lines = [f"{job.id[:8]} [{bar}] {progress.percent:3.0f} % {what}{videos}"]
    if progress.waits_for is not None:
        return [*lines, f"  waits for {progress.waits_for}"]
    last = progress.updated_at or job.started_at
    silent_s = 0.0 if last is None else (now - last).total_seconds()
    if silent_s > STALE_S:
        lines.append(f"  stale: no progress for {duration(silent_s)}; `neuropose-ray jobs logs {job.id[:8]}`")
    return lines
