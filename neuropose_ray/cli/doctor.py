"""`neuropose-ray doctor`: whether this machine can do the work, and what to do where it cannot."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from neuropose_ray.cli.doctor_service import service_checks
from neuropose_ray.cli.models import AsJson, CacheDir, weight_settings
from neuropose_ray.cli.service_options import Config, Data

if TYPE_CHECKING:
    from neuropose_ray.doctor import Check
    from neuropose_ray.models import Weights

_SHOWN_PACKAGES = ("ray", "tensorflow", "ai-edge-litert", "opencv-python-headless", "av", "numpy")
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}

Address = Annotated[
    str | None, typer.Option(envvar="RAY_ADDRESS", help="Ray cluster that should answer.", show_default=False)
]
Deep = Annotated[
    bool, typer.Option("--deep", help="Also start TensorFlow and hash all weights; takes up to a minute.")
]


def doctor(
    address: Address = None,
    cache_dir: CacheDir = None,
    deep: Deep = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Look at this machine: versions, devices, memory, disk, weights, Ray, and what the service stands on.

    That is its data folder, database, ports and stores. Nothing is changed. Exit code 1 if something cannot work.
    """
    results = examine(address, weight_settings(cache_dir).cache_dir, deep=deep, data=data, config=config)
    if as_json:
        typer.echo(json.dumps([asdict(result) for result in results], indent=2))
    else:
        table = Table("", "what", "found", "what to do", box=None, pad_edge=False)
        for result in results:
            mark = f"[{_COLOURS[result.status]}]{result.status}[/]"
            table.add_row(mark, result.name, result.found, result.advice or "")
        Console().print(table)
    if any(result.status == "fail" for result in results):
        raise typer.Exit(1)


def examine(
    address: str | None, cache_dir: Path, *, deep: bool, data: Path | None = None, config: Path | None = None
) -> list[Check]:
    """All checks of this machine, in the order in which a person would ask."""
    from importlib.metadata import requires

    import psutil

    from neuropose_ray import __version__, machine
    from neuropose_ray import doctor as checks
    from neuropose_ray.models import CATALOGUE, WeightStore
    from neuropose_ray.service import Settings
    from neuropose_ray.settings import OTHER_VARIABLES

    groups = machine.ControlGroups()
    cpus = machine.usable_cpus(machine.allowed_cpus(), groups)
    system = psutil.virtual_memory()
    memory = machine.usable_memory(system.total, system.available, groups)
    gpus = checks.nvidia_gpus()
    store = WeightStore(cache_dir, offline=True)
    packages = checks.check_requirements(requires("neuropose-ray") or (), checks.installed_version)

    known_variables = checks.setting_variables(Settings) | OTHER_VARIABLES

    def look(model: str) -> Weights | None:
        return store.verify(model) if deep and store.cached(model) else store.cached(model)

    return [
        checks.check_python(sys.version_info[:3]),
        checks.Check("neuropose-ray", "ok", __version__),
        *checks.summarise(packages, _SHOWN_PACKAGES, "other packages"),
        checks.Check("CPU", "ok", f"{cpus} of {os.cpu_count()} cores"),
        checks.check_memory(memory.limit_bytes, memory.available_bytes, cpus),
        checks.check_shared_memory(machine.free_shared_memory(), memory.available_bytes),
        checks.check_gpus(gpus),
        *([checks.check_tensorflow_devices(driver_has_gpus=bool(gpus))] if deep else []),
        checks.check_disk("disk, weights", cache_dir),
        checks.check_disk("disk, here", Path.cwd()),
        *(checks.check_weights(entry, look) for entry in CATALOGUE),
        checks.check_ray(address),
        checks.check_live_sources(),
        *service_checks(config, data),
        checks.check_environment(os.environ, known_variables),
    ]
