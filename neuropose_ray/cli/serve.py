"""`neuropose-ray serve`: the whole service on this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from neuropose_ray.cli.console import print_error
from neuropose_ray.cli.options import Config
from neuropose_ray.cli.serve_output import ServeOutput
from neuropose_ray.errors import NeuroposeRayError

if TYPE_CHECKING:
    from neuropose_ray.service import ProcessFamily


def serve(
    config: Config = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for uploads, jobs, results and inbox.", show_default=False)
    ] = None,
    model: Annotated[str | None, typer.Option(help="Pose model. [default: blazepose]")] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; others than 127.0.0.1 need tokens. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at. [default: 8000]")] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Ray cluster to run on. [default: RAY_ADDRESS, else a Ray of its own]", show_default=False),
    ] = None,
    dashboard: Annotated[
        bool, typer.Option(help="Let its own Ray's dashboard be opened: it takes 300 MB while somebody looks at it.")
    ] = True,
    dashboard_port: Annotated[
        int | None,
        typer.Option(
            help="Port of its own Ray's dashboard, on 127.0.0.1. [default: 8265, or the next that is free]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the service: poses over HTTP, durable jobs, and the inbox folder.

    Needs nothing else installed or started. Ctrl-C, SIGTERM or the end of its terminal ends it; jobs that run then go
    on at the next start.

    Example: neuropose-ray serve --data /srv/neuropose
    """
    from neuropose_ray.cluster import OWN_RAY
    from neuropose_ray.models import download_progress, resolve_model
    from neuropose_ray.service import (
        Announcements,
        DataFolder,
        ProcessFamily,
        ServiceRunner,
        check_settings,
        load_settings,
        require_database,
        require_free_address,
        require_free_folder,
        supervise,
    )

    flags = {"model": model, "service": {"data_dir": None if data is None else str(data), "host": host, "port": port}}
    settings = load_settings(config, flags)
    check_settings(settings)
    # Videos of patients, results, logs and sockets of all processes are this user's alone.
    os.umask(0o077)
    address = address or os.environ.get("RAY_ADDRESS") or None
    if address == OWN_RAY:
        address = None
    folder = DataFolder(settings.service.data_dir.expanduser().absolute())
    output, stop = ServeOutput(settings.service, folder), threading.Event()
    with stopped_by_signals(stop):
        if address is None:
            require_free_address(settings.service)
        require_database(settings.service)
        require_free_folder(folder, stop)
        output.waiting(f"weights of {settings.model}")
        with download_progress(settings.model) as progress:
            spec = resolve_model(settings, progress)
        announce = Announcements(waiting=output.waiting, ready=output.ready)
        runner = ServiceRunner(settings, spec, address, dashboard, dashboard_port, announce)
        family = ProcessFamily(os.getpid())
        runner.start()
        try:
            runner.wait_until_connected(stop)
            with (
                stopped_by_signals(stop),
                output.followed_logs(),
            ):  # Ray has put handlers of its own in place, which print a trace
                supervise(runner, family, stop, owns_ray=address is None)
        except NeuroposeRayError as error:
            if not runner.is_alive():
                raise
            _end_at_once(error, family)


def _end_at_once(error: NeuroposeRayError, family: ProcessFamily) -> NoReturn:
    """Leave a thread behind that waits for a Ray which has died: an orderly end would wait for it too."""
    from neuropose_ray.cli.main import EXIT_FAILED

    with suppress(OSError):  # nobody reads them any more
        print_error(str(error))
        sys.stdout.flush()
        sys.stderr.flush()
    family.kill()
    os._exit(EXIT_FAILED)


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM, Ctrl-C and the end of the terminal set an event; a second signal ends the process at once.

    The end of the terminal is nothing to a service that was started with ``nohup``.
    """

    def note(number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
