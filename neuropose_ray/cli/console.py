"""What commands print: results, plans, and errors of one line."""

from __future__ import annotations

import codecs
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuropose_ray.pipeline import RunPlan, RunSummary


#: Exit code of a command that asked, and was answered no.
_DECLINED = 2
#: How characters are printed that the terminal's encoding does not have.
_ANY_PATH = "neuropose-ray-path"
#: Files that are named one by one; of more the first ones.
_PRINTED_FILES = 10


def require_yes(question: str, *, yes: bool) -> None:
    """Ask before something is deleted; a no ends the command with exit code 2.

    Args:
        question: what is asked.
        yes: whether the answer was given as an option.
    """
    if not yes and not typer.confirm(question):
        typer.echo("aborted", err=True)
        raise typer.Exit(_DECLINED)


def print_summary(summary: RunSummary, out: str, files: Sequence[str] = ()) -> None:
    """What a run gave, in a few lines.

    Args:
        summary: of the run.
        out: where its results are.
        files: what was made of them on request.
    """
    from rich.console import Console

    people = sum(video.tracks for video in summary.videos)
    lines = [*summary.totals(), f"people found: {people}", f"results: {out}", *files[:_PRINTED_FILES]]
    if len(files) > _PRINTED_FILES:
        lines.append(f"and {len(files) - _PRINTED_FILES} more")
    nobody = [video.name for video in summary.videos if video.state != "failed" and not video.tracks]
    if nobody:
        more = f" and {len(nobody) - _PRINTED_FILES} more" if len(nobody) > _PRINTED_FILES else ""
        lines.append(f"nobody was found in {', '.join(nobody[:_PRINTED_FILES])}{more}: look at the video")
    if summary.earlier_videos:
        lines.append(f"videos of earlier runs in the same folder: {len(summary.earlier_videos)}")
    console = Console(stderr=True)
    for line in (*lines, *(f"note: {note}" for note in summary.notes)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def plan_lines(plan: RunPlan) -> list[str]:
    """What a run would do, in a few lines."""
    from neuropose_ray.words import counted

    lines = [
        f"{counted(plan.inputs, 'input')}: {counted(plan.videos, 'video')}, "
        f"{len(plan.unreadable)} that cannot be read, {counted(plan.not_videos, 'other file')} left out",
        f"{plan.hours:.2f} hours of video, {counted(plan.frames, 'frame')}",
        f"done already: {counted(plan.videos_done, 'video')}, {counted(plan.frames_done, 'frame')}, "
        f"{plan.hours_done:.2f} hours",
        f"to do: {counted(plan.frames - plan.frames_done, 'frame')} in {counted(plan.chunks, 'chunk')}, "
        f"{counted(plan.workers, 'worker')}",
    ]
    if plan.videos_again:
        lines.append(f"to make again from the poses of an earlier run: {counted(plan.videos_again, 'video')}")
    if plan.not_fetched:
        lines.append(
            f"not fetched yet: {counted(plan.not_fetched, 'object')}, {plan.not_fetched_bytes / 1e9:.2f} GB; "
            "their frames are known once they are here"
        )
    if plan.fetches_weights:
        lines.append("not fetched yet: the weights of the pose model")
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


def print_any_path() -> None:
    """Let standard output and error take every path.

    Bytes that are no text are printed as they are, so that a shell can use them, and what the encoding does not have
    as its number.
    """
    codecs.register_error(_ANY_PATH, _bytes_or_number)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ANY_PATH)


def _bytes_or_number(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return b"".join(_byte_or_number(letter) for letter in letters), error.end


def _byte_or_number(letter: str) -> bytes:
    try:
        return letter.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return letter.encode("ascii", "backslashreplace")


def print_error(message: str) -> None:
    """One line on standard error."""
    _print_line(f"error: {message}", "red")


def print_warning(message: str) -> None:
    """One line on standard error, of what went on all the same."""
    _print_line(f"warning: {message}", "yellow")


def _print_line(line: str, style: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(line, style=style, markup=False, highlight=False, soft_wrap=True)
    sys.stderr.flush()
