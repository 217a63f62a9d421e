"""What `neuropose-ray serve` prints: how far its start is, where it answers, and what its parts log."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from neuropose_ray.cli.service_status import mode_advice

if TYPE_CHECKING:
    from neuropose_ray.service import DataFolder, LogReader, ServiceSettings

#: What this process itself is called in the log.
_PART = "serve"
_END_S = 5.0


class ServeOutput:
    """Lines for people, or lines of JSON where ``service.log_format`` says so.

    Args:
        settings: of the service.
        folder: its data folder.
    """

    def __init__(self, settings: ServiceSettings, folder: DataFolder) -> None:
        self._settings, self._folder = settings, folder
        self._as_json = settings.log_format == "json"

    def waiting(self, what: str) -> None:
        """Say what the start, or the end, waits for."""
        text = f"waiting for {what}"
        _print(_line(text) if self._as_json else f"{time.strftime('%H:%M:%S')} {text}", err=True)

    def ready(self, url: str, dashboard: str) -> None:
        """Say where the service and Ray's dashboard answer, where it keeps what, and whether it starts jobs."""
        from neuropose_ray.service import read_mode

        token = str(self._folder.ray_token) if self._folder.ray_token.exists() else None
        mode = read_mode(self._folder)
        if self._as_json:
            line = _line("ready", url=url, dashboard=dashboard, token=token, data=str(self._folder.root), mode=mode)
            _print(line)
            return
        _print(f"ready: {url} (its description: {url}/docs)")
        _print(f"Ray's dashboard: {dashboard}{'' if token is None else f' (its token: {token})'}")
        _print(f"data: {self._folder.root}; videos dropped into {self._folder.inbox} become jobs")
        if (advice := mode_advice(mode)) is not None:
            _print(advice)

    @contextmanager
    def followed_logs(self) -> Iterator[None]:
        """Print what the parts of the service log from now on, and log what this process does, until the end."""
        from neuropose_ray.service import JsonFormatter, LogFiles, LogFilter, LogReader

        printing = list(logging.getLogger().handlers) if self._as_json else []
        formatters = [handler.formatter for handler in printing]
        for printer in printing:
            printer.setFormatter(JsonFormatter(_PART))
        handler = LogFiles.of(self._settings, _PART).handler()
        own = logging.getLogger("neuropose_ray")
        own.addHandler(handler)
        reader = LogReader(self._folder.logs, LogFilter(since=datetime.now(UTC)))
        stop = threading.Event()
        thread = threading.Thread(target=self._follow, args=(reader, stop), name="follow-logs", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(_END_S)
            own.removeHandler(handler)
            handler.close()
            for printer, formatter in zip(printing, formatters, strict=True):
                printer.setFormatter(formatter)

    def _follow(self, reader: LogReader, stop: threading.Event) -> None:
        from neuropose_ray.service import text_of

        for line in reader.follow(stop):
            if line.part != _PART:  # which the logger of this process prints
                _print(line.model_dump_json(exclude_none=True) if self._as_json else text_of(line), err=True)


def _print(text: str, *, err: bool = False) -> None:
    """Print a line, where it can be: a closed terminal, pipe or full disk behind it ends no service."""
    with suppress(OSError):
        typer.echo(text, err=err)


def _line(message: str, **fields: Any) -> str:
    given = {name: value for name, value in fields.items() if value is not None}
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": now, "level": "info", "part": _PART, "message": message, **given})
