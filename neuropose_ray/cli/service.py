"""`neuropose-ray service`: what operators do with the service."""

from __future__ import annotations

import getpass
import os
from dataclasses import replace
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

_COMPOSE_NEXT = (
    "docker compose --project-directory {out} build",
    "docker compose --project-directory {out} run --rm neuropose-ray service token lab --scope submit",
    "docker compose --project-directory {out} up --detach",
)
_KUBERAY_NEXT = (
    "docker build -t {image} -f {out}/Dockerfile {source} && docker push {image}",
    "kubectl apply -f {out}/storage.yaml",
    "kubectl apply -f {out}/rayservice.yaml  # or raycluster.yaml, for runs without the service",
)

app = typer.Typer(no_args_is_help=True, help="Orders to the service; its logs, settings and tokens; what starts it.")
for command in (pause, resume, drain, logs, token, tokens, revoke):
    app.command()(command)
app.add_typer(config_app, name="config")


class Manager(StrEnum):
    """What starts services: with the machine, in containers, or on Kubernetes."""

    SYSTEMD = "systemd"
    LAUNCHD = "launchd"
    COMPOSE = "compose"
    KUBERAY = "kuberay"


@app.command()
def install(
    manager: Annotated[Manager, typer.Argument(help="What starts services where it is to run.")],
    for_user: Annotated[
        bool, typer.Option("--user", help="For this user alone; without it for the system, which needs its rights.")
    ] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Print what would be written; write nothing.")] = False,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Of compose and kuberay: the folder for their files.")
    ] = Path("deploy"),
    source: Annotated[
        Path, typer.Option(help="Of compose: the folder with pyproject.toml, which the image is built of.")
    ] = Path(),
    image: Annotated[str | None, typer.Option(help="Of compose and kuberay: the image's name.")] = None,
    model: Annotated[str, typer.Option(help="Of compose and kuberay: the pose model.")] = "blazepose",
    gpus: Annotated[int, typer.Option(min=0, help="Of compose and kuberay: GPUs of each container for poses.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Of kuberay: containers for poses at most.")] = 2,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write what starts `neuropose-ray serve` with the system, in containers or on Kubernetes; say what to do next.

    systemd and launchd get a unit with the paths of this installation. compose gets a Dockerfile and a compose file,
    kuberay the same Dockerfile and manifests of a RayCluster for runs and a RayService.

    Example: neuropose-ray service install systemd --user

    Example: neuropose-ray service install kuberay --out deploy --model metrabs --gpus 1
    """
    if config is not None and not config.is_file():
        raise InputNotFoundError("there is no such file", where=str(config), hint="check --config")
    if manager in (Manager.SYSTEMD, Manager.LAUNCHD):
        _install_unit(manager, data, config, for_user=for_user, only_print=only_print)
        return
    from neuropose_ray.service import Deployment

    settings = None if config is None else str(config.absolute())
    deployment = Deployment(
        source=str(source.absolute()),
        dockerfile=str((out / "Dockerfile").absolute()),
        model=model,
        gpus=gpus,
        workers=workers,
        config=settings,
    )
    if image is not None:
        deployment = replace(deployment, image=image)
    compose = manager is Manager.COMPOSE
    files = deployment.compose_files() if compose else deployment.kuberay_files()
    following = _COMPOSE_NEXT if compose else _KUBERAY_NEXT
    for name, content in files.items():
        if only_print:
            typer.echo(f"# {name}\n{content}")
        else:
            _write(out / name, content.encode())
    if not only_print:
        lines = [f"  {line}".format(out=out, image=deployment.image, source=source) for line in following]
        typer.echo("\n".join([f"wrote {', '.join(files)} into {out}", "now run:", *lines]))


def _install_unit(
    manager: Manager, data: Path | None, config: Path | None, *, for_user: bool, only_print: bool
) -> None:
    from neuropose_ray.service import ServiceUnit, launchd_path, serve_command, systemd_path

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
