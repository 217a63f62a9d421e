"""The whole service, started once: real Serve, real HTTP, real poses."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from support.ports import free_port

from neuropose_ray.service.data_folder import DataFolder

if TYPE_CHECKING:
    from neuropose_ray.models.weights import Weights


@dataclass(frozen=True)
class Service:
    """Where it answers: at its own address, and behind Serve's proxy; and where it keeps what."""

    url: str
    proxied_url: str
    data: DataFolder
    roots: Path

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def service(ray_cluster: str, weights: "Weights", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The application on the session's cluster, ready, with a data folder of its own and no tokens."""
    from ray import serve

    from neuropose_ray.models.spec import ModelSpec
    from neuropose_ray.service.app import CONTROLLER_OPTIONS, build
    from neuropose_ray.service.names import APPLICATION
    from neuropose_ray.service.settings import load_settings

    folder = tmp_path_factory.mktemp("service")
    roots = folder / "roots"
    roots.mkdir()
    port, proxy_port = free_port(), free_port()
    flags = {
        "service": {
            "data_dir": folder / "data",
            "port": port,
            "pose": {"max_replicas": 1},
            "jobs": {"min_free_bytes": 0},
            "uploads": {"roots": [str(roots)], "max_bytes": 2 * 1024**3, "max_duration_s": 60},
            "live": {"files": [str(folder.parent)], "private_networks": True, "linger_s": 5},
            "inbox": {"poll_s": 0.5, "settle_s": 0.5, "unfinished_s": 1.0},
        }
    }
    settings = load_settings(None, flags, environment={})
    serve.start(http_options={"host": "127.0.0.1", "port": proxy_port}, controller_options=CONTROLLER_OPTIONS)
    serve.run(build(settings, ModelSpec(weights, settings.blazepose), listens=True), name=APPLICATION)
    urls = (f"http://127.0.0.1:{each}" for each in (port, proxy_port))
    running = Service(*urls, DataFolder(folder / "data"), roots)
    with running.client() as client:
        wait_until_ready(client)
    yield running
    serve.shutdown()


def wait_until_ready(client: httpx.Client) -> None:
    """Until it answers that it is; a replica that Serve replaces meanwhile takes its connections with it."""
    answer = ""
    for _ in range(240):
        try:
            response = client.get("/v1/ready")
            if response.status_code == 200:
                return
            answer = response.text
        except httpx.TransportError as error:
            answer = repr(error)
        time.sleep(0.25)
    pytest.fail(f"the service is not ready: {answer}")


@pytest.fixture(params=["itself", pytest.param("proxy", marks=pytest.mark.slow)])
def entrance(request: pytest.FixtureRequest, service: Service) -> str:
    """The service's URL, for what must hold on one machine, and behind the proxy that a cluster has."""
    return service.url if request.param == "itself" else service.proxied_url
