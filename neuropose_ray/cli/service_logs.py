"""`neuropose-ray service logs`: what the parts of the service have logged, in order of time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.service_options import AsJson, Config, Data, data_folder, service_settings

if TYPE_CHECKING:
    from neuropose_ray.service import LogLine


class Level(StrEnum):
    """The least level that is shown."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="The last so many.")] = 200,
    job: Annotated[str | None, typer.Option(help="Of this job: its id, or its beginning.")] = None,
    step: Annotated[str | None, typer.Option(help="Of steps of this kind: pose, analyze, ...")] = None,
    request: Annotated[str | None, typer.Option(help="Of this request: what X-Request-ID said.")] = None,
    level: Annotated[Level, typer.Option(help="Of this level and above.")] = Level.DEBUG,
    minutes: Annotated[float | None, typer.Option(min=0, help="Of the last so many minutes.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print the log of the service, of all its processes, from the data folder; also of one that has ended.

    How much is logged is the setting service.log_level; --json prints the lines as they are.

    Example: neuropose-ray service logs --job 1c9f04ab --level warning
    """
    from neuropose_ray.service import LogFilter, LogReader

    wanted = LogFilter(level.value, job, step, request, None if minutes is None else _minutes_ago(minutes))
    reader = LogReader(data_folder(service_settings(config, data)).logs, wanted)
    for line in reader.last_lines(lines):
        _print(line, as_json=as_json)
    if follow:
        for line in reader.follow(threading.Event()):
            _print(line, as_json=as_json)


def _minutes_ago(minutes: float) -> datetime | None:
    """The time so long ago; None where no calendar goes back to it."""
    try:
        return datetime.now(UTC) - timedelta(minutes=minutes)
    except OverflowError:
        return None


def _print(line: LogLine, *, as_json: bool) -> None:
    from neuropose_ray.service import text_of

    typer.echo(line.model_dump_json(exclude_none=True) if as_json else text_of(line))
