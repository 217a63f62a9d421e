"""Options that the commands about the service have in common, and what they lead to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose_ray.cli.options import Config as Config
from neuropose_ray.service import URL_VARIABLE

if TYPE_CHECKING:
    from neuropose_ray.service import DataFolder, ServiceClient, ServiceSettings

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The service's data folder. [default: its data_dir]", show_default=False),
]
Url = Annotated[
    str | None,
    typer.Option(
        envvar=URL_VARIABLE,
        help="The service. [default: the one of the data folder, else the configured host and port]",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def service_settings(config: Path | None, data: Path | None) -> ServiceSettings:
    """The service's settings, with the data folder of the command line.

    Raises:
        SettingsError: a file, variable or flag is wrong.
    """
    from neuropose_ray.service import load_settings

    flags: dict[str, Any] = {"service": {"data_dir": None if data is None else str(data)}}
    return load_settings(config, flags).service


def data_folder(settings: ServiceSettings) -> DataFolder:
    """Where the service keeps what."""
    from neuropose_ray.service import DataFolder

    return DataFolder(settings.data_dir.expanduser().absolute())


def service_client(url: str | None, config: Path | None, data: Path | None) -> ServiceClient:
    """A client of the service that is meant: the given one, that of the data folder, or the configured one.

    Raises:
        SettingsError: a file, variable or flag is wrong.
    """
    from neuropose_ray.service import TOKEN_VARIABLE, ServiceClient, read_record

    if url is None:
        settings = service_settings(config, data)
        record = read_record(data_folder(settings).record)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = record.url if record is not None and record.is_alive else f"http://{host}:{settings.port}"
        # A service that listens at every address of its machine is asked at the nearest.
        url = url.replace("://0.0.0.0", "://127.0.0.1").replace("://[::]", "://[::1]")
    return ServiceClient(url, token=os.environ.get(TOKEN_VARIABLE) or None)
