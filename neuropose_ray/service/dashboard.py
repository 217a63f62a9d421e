"""Ray's dashboard on demand: it runs from the first connection until nobody has been connected for a while.

It has eleven processes, which take 300 MB and a fifth of the processor time of a service that has nothing to do. All
that it shows comes from other processes, when it is asked for.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from neuropose_ray.service.names import DASHBOARD_PORT

logger = logging.getLogger(__name__)

_HOST, _PORTS = "127.0.0.1", 50
#: A browser tab with the dashboard asks every few seconds, over connections that stay open.
IDLE_S = 600.0
_BLOCK_BYTES = 1 << 16
_END_S = 10.0


class DashboardProcess(Protocol):
    """The dashboard itself."""

    def start(self) -> int:
        """Start it and wait until it listens.

        Returns:
            Its port on 127.0.0.1.

        Raises:
            Exception: it cannot be started.
        """
        ...

    def is_running(self) -> bool:
        """Whether it is there; it may have been killed."""
        ...

    def end(self) -> None:
        """End it; nothing where it is not there."""
        ...


class RayDashboardProcess:
    """The dashboard of the Ray that this process has started, by Ray's own way of starting it.

    Raises:
        RuntimeError: this process has started no Ray.
    """

    def __init__(self) -> None:
        import ray._private.worker

        # There is no public way to start it later than Ray.
        self._node: Any = ray._private.worker._global_node
        if self._node is None:
            raise RuntimeError("this process has started no Ray")
        self.end()  # without a dashboard Ray starts a process that only reports its own usage

    def start(self) -> int:
        """Start it and wait until it listens."""
        from ray._private import ray_constants
        from ray.experimental import internal_kv

        self.end()
        port = _free_port()
        self._node._ray_params.dashboard_host, self._node._ray_params.dashboard_port = _HOST, port
        # Where one listened before is what its starter would take for the new one's address.
        internal_kv._internal_kv_del(ray_constants.DASHBOARD_ADDRESS, namespace=ray_constants.KV_NAMESPACE_DASHBOARD)
        self._node.start_api_server(include_dashboard=True, raise_on_failure=True)
        return port

    def is_running(self) -> bool:
        """Whether it is there."""
        return any(started.process.poll() is None for started in self._started())

    def end(self) -> None:
        """End it."""
        if self._started():
            self._node.kill_dashboard(check_alive=False)

    def _started(self) -> list[Any]:
        from ray._private import ray_constants

        return list(self._node.all_processes.get(ray_constants.PROCESS_TYPE_DASHBOARD, ()))


class DashboardOnDemand:
    """Listens at the dashboard's address, starts it at the first connection, and passes bytes on in both directions.

    Args:
        process: the dashboard.
        listening: a socket at its address; closed in the end.
        idle_s: without a connection, until the dashboard is ended.
    """

    def __init__(self, process: DashboardProcess, listening: socket.socket, idle_s: float = IDLE_S) -> None:
        self._process, self._idle_s = process, idle_s
        self._socket = listening
        self._port: int | None = None
        self._open = 0
        self._starting = asyncio.Lock()
        self._idle_timer: asyncio.TimerHandle | None = None

    @contextmanager
    def served(self) -> Iterator[str]:
        """Listen in a thread while the block runs, and end the dashboard with it.

        Returns:
            Its URL.
        """
        host, port = self._socket.getsockname()[:2]
        loop, stop = asyncio.new_event_loop(), asyncio.Event()

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._listen(stop))

        thread = threading.Thread(target=run, name="dashboard", daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{port}"
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(_END_S)

    async def _listen(self, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._serve, sock=self._socket)
        await stop.wait()
        server.close()
        self._end()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(_HOST, await self._running_port())
            await asyncio.gather(_pass_on(reader, upstream_writer), _pass_on(upstream_reader, writer))
        except Exception as error:  # noqa: BLE001  Ray raises plain ones, and a service goes on without a dashboard
            logger.warning("Ray's dashboard cannot be shown: %s", error)
        finally:
            writer.close()
            self._open -= 1
            if not self._open:
                self._idle_timer = asyncio.get_running_loop().call_later(self._idle_s, self._end)

    async def _running_port(self) -> int:
        """The dashboard's own port; it is started if it does not run."""
        async with self._starting:
            if self._port is None or not self._process.is_running():
                self._port = await asyncio.to_thread(self._process.start)
            return self._port

    def _end(self) -> None:
        self._port = None
        self._process.end()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more of them."""
    with suppress(OSError):
        while block := await source.read(_BLOCK_BYTES):
            sink.write(block)
            await sink.drain()
    with suppress(OSError):
        sink.close()


def listening_socket(port: int | None) -> socket.socket:
    """A socket at a port of 127.0.0.1, or at the first that is free from Ray's usual one on.

    Raises:
        OSError: the port, or every one that is tried, is taken.
    """
    tried = range(DASHBOARD_PORT, DASHBOARD_PORT + _PORTS) if port is None else (port,)
    for number in tried:
        with suppress(OSError):
            return socket.create_server((_HOST, number))
    raise OSError(f"no free port for Ray's dashboard from {tried[0]} to {tried[-1]}")


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as listener:
        return int(listener.getsockname()[1])
