"""The service's HTTP interface and job manager in this process, without Ray: quick to start, with a pose model that
sees how grey a picture is."""

import asyncio
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from support.grey_model import GreySpec
from support.job_manager import POLL_S, DirectTasks, threads
from support.ports import free_port

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import NeuroposeRayError, VideoError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http import job_intake, probing
from neuropose_ray.service.http.ingress import interface
from neuropose_ray.service.http.listener import Listener
from neuropose_ray.service.http.manager_client import Jobs
from neuropose_ray.service.http.operations import Deployments
from neuropose_ray.service.jobs.manager import JobManager
from neuropose_ray.service.names import JOB_MANAGER, POSE_MODEL
from neuropose_ray.service.pose.replica import PoseReplica
from neuropose_ray.service.settings import load_settings


@dataclass(frozen=True)
class LocalService:
    """Where it answers, and where it keeps what."""

    url: str
    data: DataFolder

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)


class Handle:
    """A handle as Serve gives it, of an object in this process."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def options(self, **_: object) -> "Handle":
        return self

    def __getattr__(self, name: str) -> "Method":
        return Method(getattr(self._target, name))


class Method:
    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def remote(self, *arguments: object, **keywords: object) -> Any:
        return asyncio.ensure_future(self._method(*arguments, **keywords))


async def check_videos(folder: Path, names: list[str], _limits: object, archives: Any) -> None:
    """Refuse what is no video, as a task of Ray does it for the service."""
    for name in names:
        try:
            await asyncio.to_thread(probing.measures, str(folder / name), archives)
        except NeuroposeRayError as error:
            raise VideoError(f"{name}: {error.what}") from error


@contextmanager
def local_service(folder: Path, **service: Any) -> Iterator[LocalService]:
    """Run it while the block runs.

    Args:
        folder: gets the data folder.
        service: further settings of the service.
    """
    port = free_port()
    flags = {"data_dir": str(folder / "data"), "port": port, "jobs": {"min_free_bytes": 0}, **service}
    settings = load_settings(None, {"fit": False, "service": flags}, environment={})
    manager = JobManager(settings, SyntheticSpec(1.0), None, engines=threads, tasks=DirectTasks(), poll_s=POLL_S)
    replica = PoseReplica(settings, GreySpec())

    async def replicas() -> dict[str, dict[str, int]]:
        return {POSE_MODEL: {"RUNNING": 1}, JOB_MANAGER: {"RUNNING": 1}}

    listener = Listener("127.0.0.1", port, settings.service.http)
    app = interface(settings.service, {"blazepose": Handle(replica)}, Jobs(Handle(manager)), Deployments(replicas))
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        async with listener.lifespan(app):
            while await manager.ready():
                await asyncio.sleep(0.05)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=functools.partial(loop.run_until_complete, serve()), daemon=True)
    thread.start()
    try:
        assert ready.wait(60)
        with patch.object(job_intake, "check_videos", check_videos):
            yield LocalService(f"http://127.0.0.1:{port}", DataFolder(folder / "data"))
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
        manager.close()
