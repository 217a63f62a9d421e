"""`neuropose-ray watch`: the inbox alone, on this machine."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from neuropose_ray.cli.options import Config
from neuropose_ray.cli.service_options import Data


def watch(
    config: Config = None,
    data: Data = None,
    model: Annotated[str | None, typer.Option(help="Pose model. [default: blazepose]")] = None,
) -> None:
    """Find the poses of every folder of videos that is dropped into the inbox.

    DATA/in/NAME/ with videos becomes DATA/out/NAME/ with results.json, or goes to DATA/failed/NAME. How far each is
    stands in DATA/out/status.json. One job after the other, in this process: no HTTP, no Ray, no other steps than
    the poses; `neuropose-ray serve` has all of these. Ctrl-C leaves the job at hand, and the next start goes on with
    it.

    Example: neuropose-ray watch --data /srv/trials
    """
    import os

    from neuropose_ray.api import named_model
    from neuropose_ray.cli.serve import stopped_by_signals
    from neuropose_ray.service import DataFolder, load_settings, watch_inbox

    flags = {"model": model, "service": {"data_dir": None if data is None else str(data)}}
    settings = load_settings(config, flags)
    os.umask(0o077)  # videos of patients and their results are this user's alone
    folder = DataFolder(settings.service.data_dir.expanduser().absolute())
    stop = threading.Event()
    with stopped_by_signals(stop):
        spec = named_model(settings)
        typer.echo(f"videos dropped into {folder.inbox} become jobs; Ctrl-C ends")
        watch_inbox(folder, settings, spec, stop)
