"""`neuropose-ray service`: the service as a part of the system."""

from __future__ import annotations

import getpass
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.cli.service_config import app as config_app
from neuropose_ray.cli.service_control import drain, pause, resume
from neuropose_ray.cli.service_logs import logs
from neuropose_ray.cli.service_options import Config, Data, data_folder, service_settings
from neuropose_ray.cli.tokens import revoke, token, tokens
from neuropose_ray.errors import InputNotFoundError

app = typer.Typer(no_args_is_help=True, help="The service as a part of the system.")
for command in (pause, resume, drain, logs, token, tokens, revoke):
    app.command()(command)
app.add_typer(config_app, name="config")


class Manager(StrEnum):
    """The supervisors that start services with the machine."""

    SYSTEMD = "systemd"
    LAUNCHD = "launchd"


@app.command()
def install(
    manager: Annotated[Manager, typer.Argument(help="What the system starts services with.")],
    for_user: Annotated[
        bool, typer.Option("--user", help="For this user alone; without it for the system, which needs its rights.")
    ] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Print the unit; write nothing.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write the unit that starts `neuropose-ray serve` with the system, and say what to do next.

    Example: neuropose-ray service install systemd --user
    """
    from neuropose_ray.service import ServiceUnit, launchd_path, serve_command, systemd_path

    if config is not None and not config.is_file():
        raise InputNotFoundError("there is no such file", where=str(config), hint="check --config")
    folder = data_folder(service_settings(config, data))
    account = None if for_user else os.environ.get("SUDO_USER") or getpass.getuser()
    unit = ServiceUnit(serve_command(config), folder.root, folder.root / "service.log", account)
    if manager is Manager.SYSTEMD:
        content, path = unit.systemd().encode(), systemd_path(for_user=for_user)
        scope = " --user" if for_user else ""
        following = [
            f"systemctl{scope} daemon-reload",
            f"systemctl{scope} enable --now {path.stem}",
            *(["loginctl enable-linger  # to run it also while you are not logged in"] if for_user else []),
        ]
    else:
        content, path = unit.launchd(), launchd_path(for_user=for_user)
        following = [f"launchctl bootstrap {f'gui/{os.getuid()}' if for_user else 'system'} {path}"]
    if only_print:
        typer.echo(content.decode())
        return
    folder.create()
    _write(path, content)
    typer.echo("\n".join([f"wrote {path}", "now run:", *(f"  {line}" for line in following)]))


def _write(path: Path, content: bytes) -> None:
    from neuropose_ray.schemas.atomic import atomic_write_bytes

    atomic_write_bytes(path, content)
    path.chmod(0o644)
