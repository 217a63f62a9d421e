"""What commands print: results, plans, and errors of one line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from neuropose_ray.pipeline import RunPlan, RunSummary


def print_summary(summary: RunSummary, out: str) -> None:
    """What a run gave, in a few lines."""
    console = Console(stderr=True)
    for line in (*summary.totals(), f"results: {out}"):
        console.print(line, soft_wrap=True)
    for note in summary.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)


def plan_lines(plan: RunPlan) -> list[str]:
    """What a run would do, in a few lines."""
    lines = [
        f"{plan.inputs} inputs: {plan.videos} videos, {len(plan.unreadable)} that cannot be read, "
        f"{plan.not_videos} other files left out",
        f"{plan.hours:.2f} hours of video, {plan.frames} frames",
        f"done already: {plan.videos_done} videos, {plan.frames_done} frames, {plan.hours_done:.2f} hours",
        f"to do: {plan.frames - plan.frames_done} frames in {plan.chunks} chunks, {plan.workers} workers",
    ]
    if plan.videos_again:
        lines.append(f"to make again from the poses of an earlier run: {plan.videos_again} videos")
    if plan.not_fetched:
        lines.append(
            f"not fetched yet: {plan.not_fetched} objects, {plan.not_fetched_bytes / 1e9:.2f} GB; "
            "their frames are known once they are here"
        )
    if plan.remaining_s is not None:
        lines.append(f"time: about {duration(plan.remaining_s)}, by {plan.basis}")
    else:
        lines.append(f"time: unknown; {plan.basis}")
    lines += [f"cannot be read: {video.name}: {error.message}" for video in plan.unreadable for error in video.errors]
    return lines


def duration(seconds: float) -> str:
    """A time for people: the two largest of days, hours, minutes and seconds."""
    minutes, whole_seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (whole_seconds, "s")]
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])


def print_error(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True).print(f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.stderr.flush()
