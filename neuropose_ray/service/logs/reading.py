"""The lines of all processes of the service, put in order of time, filtered, and followed."""

from __future__ import annotations

import heapq
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

from pydantic import AwareDatetime, ValidationError

from neuropose_ray.errors import printable
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.service.logs.files import SUFFIX
from neuropose_ray.service.settings import LogLevel

_LEVELS: tuple[str, ...] = (*get_args(LogLevel), "critical")
#: Between two looks at files that are followed.
_LOOK_S = 2.0


class LogLine(FrozenModel):
    """One line of the log."""

    time: AwareDatetime  # lines are put in order of it
    level: str
    part: str
    process: int
    logger: str
    message: str
    job: str | None = None
    step: str | None = None
    request: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are wanted; None asks for nothing.

    Attributes:
        level: the least.
        job: the id of a job, or its beginning.
        step: a kind of step.
        request: the id of a request.
        since: the time of the first line.
    """

    level: str = "debug"
    job: str | None = None
    step: str | None = None
    request: str | None = None
    since: datetime | None = None

    def wants(self, line: LogLine) -> bool:
        """Whether a line is one of them."""
        return (
            _rank(line.level) >= _rank(self.level)
            and (self.job is None or (line.job or "").startswith(self.job))
            and self.step in (None, line.step)
            and self.request in (None, line.request)
            and (self.since is None or line.time >= _whole_ms(self.since))
        )


class LogReader:
    """Reads the log files of a folder, each from where it was read last.

    Args:
        folder: with a file for each process; it may not be there yet.
        wanted: which lines.
    """

    def __init__(self, folder: Path, wanted: LogFilter) -> None:
        self._folder, self._wanted = folder, wanted
        self._read: dict[tuple[int, int], int] = {}

    def new_lines(self) -> list[LogLine]:
        """The lines that have come since the last call, oldest first."""
        return sorted(self._lines(), key=lambda line: line.time)

    def last_lines(self, count: int) -> list[LogLine]:
        """The last so many of them, oldest first; the others, which may be a million, are not kept in memory."""
        numbered = enumerate(self._lines())
        # Of none, too, all have been read afterwards.
        newest = heapq.nlargest(max(1, count), numbered, key=lambda entry: (entry[1].time, entry[0]))
        return [line for _, line in reversed(newest[:count])]

    def _lines(self) -> Iterator[LogLine]:
        return (line for path in self._folder.glob(f"*{SUFFIX}*") for line in self._lines_of(path))

    def follow(self, stop: threading.Event) -> Iterator[LogLine]:
        """Lines as they come, until the event is set."""
        while True:
            yield from self.new_lines()
            if stop.wait(_LOOK_S):
                yield from self.new_lines()
                return

    def _lines_of(self, path: Path) -> Iterator[LogLine]:
        try:
            state = path.stat()
            # A long file is renamed; under its new name it is read on where it was.
            key = state.st_dev, state.st_ino
            begin = self._read.get(key, 0)
            if begin == state.st_size:
                return
            begin = begin if begin < state.st_size else 0
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_ino != state.st_ino:
                    return  # it was renamed just now, and is read at the next look
                file.seek(begin)
                for text in file:
                    if not text.endswith(b"\n"):
                        break  # the rest is being written
                    begin += len(text)
                    if (line := _parsed(text)) is not None and self._wanted.wants(line):
                        yield line
                self._read[key] = begin
        except OSError:  # removed meanwhile
            return


def text_of(line: LogLine) -> str:
    """A line for people; a trace follows it, indented."""
    named = (("job", line.job and line.job[:8]), ("step", line.step), ("request", line.request))
    ids = "".join(f" {name}={value}" for name, value in named if value)
    time = f"{line.time.astimezone():%Y-%m-%d %H:%M:%S}"
    # No message looks like a line of its own, and none says anything to the terminal.
    message = "\n    ".join(map(printable, line.message.splitlines()))
    trace = "" if line.trace is None else "".join(f"\n    {printable(part)}" for part in line.trace.splitlines())
    return f"{time} {line.level.upper()} {line.part}{ids}: {message}{trace}"


def _whole_ms(time: datetime) -> datetime:
    """The millisecond in which a time lies: the log tells no more of its lines."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _parsed(text: bytes) -> LogLine | None:
    """A line; None where it is none, as after a full disk."""
    try:
        return LogLine.model_validate(parsed_json(text))
    except (ValueError, ValidationError):
        return None
