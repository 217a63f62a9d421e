"""`neuropose-ray store`: the records of live streams in their database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.console import require_yes
from neuropose_ray.cli.service_options import Config, Data, data_folder, service_settings
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.stores import RecordStore

app = typer.Typer(no_args_is_help=True, help="The records of live streams in their database.")


@app.command()
def migrate(data: Data = None, config: Config = None) -> None:
    """Make the tables of records that are missing, as the service does when it writes the first one.

    For a database whose user may not make tables later on. Tables of your own are neither made nor changed.

    Example: neuropose-ray store migrate --config service.yaml
    """
    records = _records(config, data)
    try:
        records.migrate()
    finally:
        records.close()
    typer.echo("the tables are there")


@app.command()
def reset(
    data: Data = None,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete all records of live streams, but none in tables of your own. Exit code 2 if you decline.

    Example: neuropose-ray store reset --yes
    """
    require_yes("Delete all records of live streams?", yes=yes)
    records = _records(config, data)
    try:
        deleted = records.reset()
    finally:
        records.close()
    typer.echo(f"deleted {counted(deleted, 'record')}")


def _records(config: Path | None, data: Path | None) -> RecordStore:
    from neuropose_ray.stores import open_records

    settings = service_settings(config, data)
    return open_records(settings.live.stores, data_folder(settings).live)
