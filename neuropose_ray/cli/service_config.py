"""`neuropose-ray service config`: the settings as they count, and what is wrong with them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from neuropose_ray.cli.service_options import AsJson, Config, Data

app = typer.Typer(no_args_is_help=True, help="The settings: as they count, and what is wrong with them.")


@app.command()
def show(
    config: Config = None,
    data: Data = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only those that are not the default.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print every setting with its value and where it came from: default, file and line, variable, or flag.

    Passwords and keys are shown as **********.

    Example: neuropose-ray service config show --config settings.yaml --changed
    """
    from neuropose_ray.service import DEFAULT, load_settings, setting_origins

    flags = {"service": {"data_dir": None if data is None else str(data)}}
    origins = setting_origins(load_settings(config, flags), config, flags)
    shown = [setting for setting in origins if not changed or setting.origin != DEFAULT]
    if as_json:
        typer.echo(json.dumps([asdict(setting) for setting in shown], indent=2))
        return
    for setting in shown:
        typer.echo(f"{setting.name}: {json.dumps(setting.value, ensure_ascii=False)}  # {setting.origin}")


@app.command()
def check(config: Config = None, as_json: AsJson = False) -> None:
    """Look for all that is wrong with the file and the environment, a line each; nothing is started.

    Exit code 1 if there is something. Whether the machine can do the work is `neuropose-ray doctor`'s business.

    Example: neuropose-ray service config check --config settings.yaml
    """
    from neuropose_ray.service import Settings, examined, service_faults

    examination = examined(Settings, config)
    found = list(examination.faults)
    if isinstance(examination.settings, Settings):
        found += service_faults(examination.settings)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        typer.echo("\n".join(found or ["nothing is wrong with the settings"]))
    if found:
        raise typer.Exit(1)
