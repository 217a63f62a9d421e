"""`neuropose-ray serve`: the whole service on this machine; `neuropose-ray service token`: who may use it."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose_ray import machine
from neuropose_ray.cli.models import download_progress
from neuropose_ray.errors import EngineError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.names import APPLICATION, STARTUP_MESSAGES
from neuropose_ray.service.record import write_record
from neuropose_ray.service.settings import Scope, ServiceSettings
from neuropose_ray.settings import Settings, load_settings

if TYPE_CHECKING:
    from ray.serve import Application

#: How often the service is looked at: while it starts, and then.
_START_LOOK_S, _LOOK_S = 0.5, 5.0


def serve(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="YAML file of settings; flags and NEUROPOSE_ variables win over it."),
    ] = None,
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
    dashboard_port: Annotated[int, typer.Option(help="Port of its own Ray's dashboard, on 127.0.0.1.")] = 8265,
) -> None:
    """Run the service: poses over HTTP, durable jobs, and the inbox folder.

    Needs nothing else installed or started. Ctrl-C or SIGTERM ends it; jobs that run then go on at the next start.

    Example: neuropose-ray serve --data /srv/neuropose
    """
    from neuropose_ray.service.app import build, check_settings, resolve_model

    flags = {"model": model, "service": {"data_dir": None if data is None else str(data), "host": host, "port": port}}
    settings = load_settings(config, flags)
    check_settings(settings)
    stop = threading.Event()
    with _told_to_stop(stop):
        _say(f"weights of {settings.model}")
        with download_progress(settings.model) as progress:
            spec = resolve_model(settings, progress)
        address = address or os.environ.get("RAY_ADDRESS")
        alone = address is None  # on a cluster, Serve's proxies find the ingress wherever it is
        if alone:
            _require_free(settings.service)
        with _ray(address, dashboard_port) as dashboard, _told_to_stop(stop):
            _run(build(settings, spec, listens=alone), settings, dashboard, stop, proxies=not alone)


def token(
    name: Annotated[str, typer.Argument(help="Whose it is, as the log says.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="read, submit or admin; several times for several. [default: read, submit]"),
    ] = None,
) -> None:
    """Make a token: print it, once, and the lines for the service's settings, which cannot be turned back into it."""
    scopes = [_scope(each) for each in scope or ["read", "submit"]]
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    typer.echo(f"token, for `Authorization: Bearer ...`:\n  {secret}\n")
    typer.echo("for the settings of the service:\n  service:\n    tokens:")
    typer.echo(f"      - {{name: {name!r}, sha256: {digest}, scopes: [{', '.join(scopes)}]}}")


def _scope(text: str) -> Scope:
    if text not in ("read", "submit", "admin"):
        raise typer.BadParameter(f"{text!r} is not one of read, submit, admin")
    return text  # type: ignore[return-value]  # mypy does not narrow by a tuple


def _require_free(service: ServiceSettings) -> None:
    """Say at once what the ingress would find out after a minute.

    Raises:
        EngineError: another program listens there, or it is no address of this machine.
    """
    from neuropose_ray.service.http.listener import bound

    try:
        bound(service.host, service.port).close()
    except OSError as error:
        where, what = f"{service.host}:{service.port}", error.strerror or str(error)
        raise EngineError(f"cannot listen ({what})", where=where, hint="choose another --port or --host") from error


def _run(
    application: Application, settings: Settings, dashboard: str, stop: threading.Event, *, proxies: bool
) -> None:
    """Deploy, say when it is ready, and wait until it is told to stop."""
    from ray import serve

    from neuropose_ray.service.app import CONTROLLER_OPTIONS

    service = settings.service
    data = DataFolder(service.data_dir.expanduser().absolute())
    url = f"http://{f'[{service.host}]' if ':' in service.host else service.host}:{service.port}"
    _say("Serve")
    try:
        if proxies:
            http = {"host": service.host, "port": service.port}
            serve.start(http_options=http, controller_options=CONTROLLER_OPTIONS)
        else:
            serve.start(proxy_location="Disabled")
        deployment = _Deployment(application)
        try:
            if not _wait_until_ready(deployment, url, stop):
                return
            write_record(data.record, url)
            typer.echo(f"ready: {url} (its description: {url}/docs)")
            typer.echo(f"Ray's dashboard: {dashboard}")
            typer.echo(f"data: {data.root}; videos dropped into {data.inbox} become jobs")
            while not stop.wait(_LOOK_S):
                deployment.check()
        finally:
            _say("running jobs to be handed back to the queue")
            data.record.unlink(missing_ok=True)
            serve.shutdown()
    except RuntimeError as error:
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EngineError(first_line, where=url, hint="see the log of Ray Serve; is the port free?") from error


class _Deployment:
    """The application on its way into Serve, in a thread beside the one that says how far it is."""

    def __init__(self, application: Application) -> None:
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._deploy, args=(application,), daemon=True)
        self._thread.start()

    def _deploy(self, application: Application) -> None:
        from ray import serve

        try:
            serve.run(application, name=APPLICATION)
        except Exception as error:  # noqa: BLE001  raised again by the thread that waits
            self._error = error

    def check(self) -> None:
        """Raise what the deployment failed with.

        Raises:
            EngineError: it failed, or Serve does not answer any more.
        """
        from ray import serve
        from ray.exceptions import RayError

        try:
            state = serve.status().applications.get(APPLICATION)
        except (RayError, ConnectionError) as error:
            raise EngineError("Ray does not answer any more", hint="start the service again") from error
        if self._error is not None or (state is not None and state.status == "DEPLOY_FAILED"):
            said = str(self._error) if state is None else state.message
            # The last line of a trace is what went wrong.
            last_line = next(iter(reversed(said.strip().splitlines())), "the reason is not known")
            raise EngineError(last_line, where="the service cannot be deployed") from self._error


def _wait_until_ready(deployment: _Deployment, url: str, stop: threading.Event) -> bool:
    """Say line by line what the service waits for; False where it was told to stop before."""
    import httpx

    said: tuple[str, ...] = ()
    with httpx.Client(timeout=10.0, trust_env=False) as client:
        while not stop.wait(_START_LOOK_S):
            deployment.check()
            waits: tuple[str, ...] = tuple(STARTUP_MESSAGES.values())
            with suppress(httpx.HTTPError, ValueError, KeyError):
                answer = client.get(f"{url}/v1/ready").json()
                if answer["ready"]:
                    return True
                waits = tuple(answer["waits_for"])
            for line in waits:
                if line not in said:
                    _say(line)
            said = waits
    return False


@contextmanager
def _ray(address: str | None, dashboard_port: int) -> Iterator[str]:
    """Connected to a cluster, or to a Ray of its own with a dashboard and a token; the URL of the dashboard."""
    import ray

    # A worker started by a driver that runs under uv would try to build the environment anew.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    own: dict[str, Any] = {}
    if address is None:
        # Pose models hold all cores, and then Ray ends processes that have nothing to do after a second: nearly every
        # task of a job would wait for a new one to start, which takes longer than most tasks.
        os.environ.setdefault("RAY_idle_worker_killing_time_threshold_ms", "60000")
        # Whoever reaches Ray may run anything on this machine: all of it asks for a token, which a
        # Ray that is started like this makes and keeps in the user's home, unless RAY_AUTH_MODE says otherwise.
        own = {
            "address": "local",
            "num_cpus": machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups()),
            "dashboard_host": "127.0.0.1",
            "dashboard_port": dashboard_port,
            "include_dashboard": True,
        }
    _say("Ray")
    try:
        context = ray.init(**(own or {"address": address}), log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EngineError(f"cannot start or reach Ray ({first_line})", where=address, hint="see `doctor`") from error
    # What it says of its start is said here already.
    logging.getLogger("ray.serve").addFilter(lambda record: record.levelno >= logging.WARNING)
    try:
        yield f"http://{context.dashboard_url}" if context.dashboard_url else "none"
    finally:
        ray.shutdown()


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C set an event; a second one ends the process at once.

    Ray puts a handler of its own in place when it starts, which prints a trace: this one goes in place again then.
    """

    def note(number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(what: str) -> None:
    typer.echo(f"{time.strftime('%H:%M:%S')} waiting for {what}", err=True)
