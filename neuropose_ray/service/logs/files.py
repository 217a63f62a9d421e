"""The log file of a process: a line of JSON for each record, with the ids of what its thread was at."""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose_ray.service.logs.context import current_ids
from neuropose_ray.service.logs.private_file import PrivateFileHandler
from neuropose_ray.video.live import redacted

if TYPE_CHECKING:  # all settings take long to load, and the processes that write logs need few of them
    from neuropose_ray.service.settings import LogLevel, ServiceSettings

SUFFIX = ".jsonl"
#: Of one file, and of its predecessors; then of all files of the service together.
_FILE_BYTES, _PREDECESSORS, _ALL_BYTES = 8 << 20, 2, 256 << 20
#: Whose records the service's log has. uvicorn's lines of requests have no ids; the service writes its own.
_LOGGERS = ("neuropose_ray", "ray.serve", "dbos")
_IDS = ("job", "step", "request")


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Where a part of the service writes its log; small enough to travel to its process.

    Attributes:
        folder: with a file for each process.
        part: the name of the part.
        level: the least level that is written.
    """

    folder: Path
    part: str
    level: LogLevel

    @classmethod
    def of(cls, settings: ServiceSettings, part: str) -> LogFiles:
        """The log of a part, as the service's settings have it."""
        return cls(settings.data_dir.expanduser().absolute() / "logs", part, settings.log_level)

    def start(self) -> None:
        """Let this process write its log; a second call changes nothing, a folder that cannot be written neither."""
        own, handler = logging.getLogger("neuropose_ray"), self.handler()
        if any(getattr(known, "baseFilename", None) == handler.baseFilename for known in own.handlers):
            return
        # Ray keeps what a process prints, and shows it beside the process.
        printed = logging.StreamHandler(sys.stderr)
        printed.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
        printed.setLevel(logging.WARNING)
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(handler)
        own.addHandler(printed)
        for logger in (own, logging.getLogger("ray.serve")):
            logger.setLevel(self.level.upper())

    def handler(self) -> PrivateFileHandler:
        """A handler that writes into the file of this process."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_oldest(self.folder)
        words = (self.part, platform.node(), str(os.getpid()))
        name = "-".join(re.sub(r"[^A-Za-z0-9._]+", "_", word) for word in words)
        handler = PrivateFileHandler(
            self.folder / f"{name}{SUFFIX}", maxBytes=_FILE_BYTES, backupCount=_PREDECESSORS, delay=True
        )
        handler.setFormatter(JsonFormatter(self.part))
        handler.setLevel(self.level.upper())
        handler.addFilter(lambda record: record.name != "uvicorn.access")
        return handler


class RedactingFormatter(logging.Formatter):
    """A record as text, without the passwords of URLs: an error of a library may carry one."""

    def format(self, record: logging.LogRecord) -> str:
        """The text, with its trace."""
        return redacted(super().format(record))


class JsonFormatter(logging.Formatter):
    """A record as a line of JSON, without the passwords of URLs.

    Args:
        part: of the service that writes.
    """

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """The line, with ``job``, ``step`` and ``request`` where they are known."""
        given = {name: getattr(record, name) for name in _IDS if hasattr(record, name)}
        ids = {name: value for name, value in {**current_ids(), **given}.items() if value}
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": self._part,
            "process": record.process,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **ids,
        }
        if record.exc_info and record.exc_info[0] is not None:
            fields["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False, default=str)


def _remove_oldest(folder: Path) -> None:
    """Keep the newest files, as far as there is room for them."""
    files = []
    for path in folder.glob(f"*{SUFFIX}*"):
        with suppress(OSError):  # another process removed it
            state = path.stat()
            files.append((state.st_mtime, state.st_size, path))
    total = 0
    for _, size, path in sorted(files, reverse=True):
        total += size
        if total > _ALL_BYTES:
            path.unlink(missing_ok=True)
