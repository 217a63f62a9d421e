"""The service from its start to its end, in a thread: a call of a Ray that has died may never return."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuropose_ray.errors import EngineError, NeuroposeRayError, first_line
from neuropose_ray.models import ModelSpec
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.mode import read_mode
from neuropose_ray.service.names import APPLICATION, STARTUP_MESSAGES
from neuropose_ray.service.own_ray import connected_ray
from neuropose_ray.service.record import write_record
from neuropose_ray.service.settings import Settings

if TYPE_CHECKING:
    from ray.serve import Application

#: Between two questions to Serve: while the service starts, and then.
_START_LOOK_S, _LOOK_S = 0.5, 10.0
#: Between two looks at whether the service was told to end, and nothing runs any more.
_END_LOOK_S = 2.0


@dataclass(frozen=True, slots=True)
class Announcements:
    """Who is told of the service's start and end.

    Attributes:
        waiting: gets what the service waits for, a line each.
        ready: gets the URL of the service and that of Ray's dashboard.
    """

    waiting: Callable[[str], None]
    ready: Callable[[str, str], None]


class ServiceRunner(threading.Thread):
    """Starts Ray, Serve and the application, asks Serve every few seconds whether it is there, and ends them.

    Args:
        settings: of the service.
        spec: the pose model.
        address: of a Ray cluster; None starts a Ray on this machine.
        dashboard: whether that Ray has one.
        dashboard_port: of that Ray; None for the first that is free.
        announce: who is told.

    Attributes:
        error: what the service failed with, None as long as it has not.
    """

    def __init__(
        self,
        settings: Settings,
        spec: ModelSpec,
        address: str | None,
        dashboard: bool,
        dashboard_port: int | None,
        announce: Announcements,
    ) -> None:
        # Ray's processes end with the thread that started them, and this thread with the process.
        super().__init__(name="service", daemon=True)
        self._settings, self._spec, self._announce = settings, spec, announce
        self._address = address
        self._dashboard, self._dashboard_port = dashboard, dashboard_port
        self._data = DataFolder(settings.service.data_dir.expanduser().absolute())
        self._stop_asked = threading.Event()
        self._connected, self._is_ending = threading.Event(), threading.Event()
        self._answered_s: float | None = None
        self.error: NeuroposeRayError | None = None

    @property
    def url(self) -> str:
        """Where the service listens."""
        host = self._settings.service.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._settings.service.port}"

    def silent_s(self) -> float:
        """Seconds since Serve answered last; 0 before its first answer, and when it is ending."""
        answered_s = self._answered_s
        return 0.0 if answered_s is None or self.is_ending() else time.monotonic() - answered_s

    def wait_until_connected(self, stop: threading.Event) -> None:
        """Wait until Ray has started, the runner has failed, or the event is set."""
        while self.is_alive() and not stop.is_set() and not self._connected.wait(_START_LOOK_S):
            pass

    def is_ending(self) -> bool:
        """Whether it is on its way out, by itself or because it was told to stop."""
        return self._is_ending.is_set()

    def stop(self) -> None:
        """Hand the running jobs back to the queue, and end; the thread ends when that is done."""
        self._stop_asked.set()

    def run(self) -> None:
        """Work until :meth:`stop`, or until the service fails."""
        try:
            self._announce.waiting("Ray")
            with connected_ray(self._address, self._dashboard, self._dashboard_port, self._data) as url:
                self._connected.set()
                self._serve(url)
        except NeuroposeRayError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001  told by the thread that waits for this one
            hint = "see the log of Ray Serve; is the port free?"
            self.error = EngineError(first_line(error), where=self.url, hint=hint)
            self.error.__cause__ = error

    def _serve(self, dashboard_url: str) -> None:
        from ray import serve

        from neuropose_ray.service.app import CONTROLLER_OPTIONS, build

        service = self._settings.service
        self._announce.waiting("Serve")
        try:
            if self._address is not None:  # Serve's proxies find the ingress on whichever node it is
                http = {"host": service.host, "port": service.port}
                serve.start(http_options=http, controller_options=CONTROLLER_OPTIONS)
            else:
                serve.start(proxy_location="Disabled", controller_options=CONTROLLER_OPTIONS)
            deployment = _Deployment(build(self._settings, self._spec, listens=self._address is None))
            if not self._wait_until_ready(deployment):
                return
            write_record(self._data.record, self.url)
            self._announce.ready(self.url, dashboard_url)
            self._watch()
        finally:
            self._is_ending.set()
            self._announce.waiting("running jobs to be handed back to the queue")
            self._data.record.unlink(missing_ok=True)
            serve.shutdown()

    def _watch(self) -> None:
        """Ask Serve now and then whether it is there, until the service is to end."""
        asked_s = time.monotonic()
        while not self._stop_asked.wait(_END_LOOK_S) and read_mode(self._data) != "ended":
            if time.monotonic() - asked_s >= _LOOK_S:
                asked_s = time.monotonic()
                self._note(answered=_answers())

    def _note(self, *, answered: bool) -> None:
        """Keep when Serve answered. A controller that is being replaced does not; for how long, others judge."""
        if answered:
            self._answered_s = time.monotonic()

    def _wait_until_ready(self, deployment: _Deployment) -> bool:
        """Say line by line what the service waits for; False where it was stopped before."""
        import httpx

        reported: tuple[str, ...] = ()
        with httpx.Client(timeout=10.0, trust_env=False) as client:
            while not self._stop_asked.wait(_START_LOOK_S):
                self._note(answered=deployment.check())
                waits: tuple[str, ...] = tuple(STARTUP_MESSAGES.values())
                with suppress(httpx.HTTPError, ValueError, KeyError):
                    answer = client.get(f"{self.url}/v1/ready").json()
                    if answer["ready"]:
                        return True
                    waits = tuple(answer["waits_for"])
                for line in waits:
                    if line not in reported:
                        self._announce.waiting(line)
                reported = waits
        return False


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

    def check(self) -> bool:
        """Whether Serve answers.

        Raises:
            EngineError: the deployment failed.
        """
        from ray import serve
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        state = None
        try:
            state = serve.status().applications.get(APPLICATION)
        except (RayError, RayServeException, ConnectionError):
            return False
        if self._error is not None or (state is not None and state.status == "DEPLOY_FAILED"):
            message = str(self._error) if state is None else state.message
            # The last line of a trace is what went wrong.
            last_line = next(iter(reversed(message.strip().splitlines())), "the reason is not known")
            raise EngineError(last_line, where="the service cannot be deployed") from self._error
        return True


def _answers() -> bool:
    """Whether Serve's controller answers, asked for something small: its status takes much longer."""
    from ray import serve
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    try:
        serve.get_app_handle(APPLICATION)
    except (RayError, RayServeException, ConnectionError):
        return False
    return True
