"""A Ray of this program beside another one that has all usual ports and asks for a token."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuropose_ray.ray_ports import free_agent_port

USUAL_PORTS = {"gcs": 6379, "dashboard": 8265, "agent": 52365}
#: What the service starts, and a job through its dashboard.
SERVICE = """
import json, sys, time
from pathlib import Path
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.own_ray import connected_ray
with connected_ray(None, True, None, DataFolder(Path(sys.argv[1]))) as url:
    import ray
    from ray._private.worker import _global_node
    from ray.job_submission import JobSubmissionClient
    client, until = JobSubmissionClient(url), time.monotonic() + 120
    job = client.submit_job(entrypoint="echo from a job")
    while str(client.get_job_status(job)) in ("PENDING", "RUNNING") and time.monotonic() < until:
        time.sleep(0.5)
    print(json.dumps({"job": str(client.get_job_status(job)), "log": client.get_job_logs(job), "url": url,
                      "agent": _global_node._ray_params.dashboard_agent_listen_port,
                      "task": ray.get(ray.remote(lambda: 7).remote())}))
"""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def foreign_ray(tmp_path: Path) -> Iterator[None]:
    """Another user's Ray with a token, on all usual ports; what listens there already is as good."""
    if all(map(listens, USUAL_PORTS.values())):
        yield
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "f" * 64, "HOME": str(tmp_path)}
    log = tmp_path / "foreign.log"
    # Names of sockets have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ray_", dir="/tmp") as folder, log.open("wb") as file:
        words = [
            "start", "--head", "--block", "--num-cpus", "1", "--object-store-memory", "100000000",
            "--temp-dir", folder, "--port", str(USUAL_PORTS["gcs"]),
        ]  # fmt: skip
        if listens(USUAL_PORTS["dashboard"]):
            words += ["--include-dashboard", "false"]
        ray = Path(sys.executable).with_name("ray")
        foreign = subprocess.Popen([ray, *words], stdout=file, stderr=file, start_new_session=True, env=environment)
        try:
            until = time.monotonic() + 120
            while not all(map(listens, USUAL_PORTS.values())):
                assert foreign.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.5)
            yield
        finally:
            foreign.terminate()
            foreign.wait(60)


def test_the_parameters_of_ray_are_as_they_were_afterwards():
    from ray._private import parameter

    before = parameter.RayParams
    with free_agent_port():
        assert parameter.RayParams().dashboard_agent_listen_port == 0
    assert parameter.RayParams().dashboard_agent_listen_port == USUAL_PORTS["agent"]
    assert parameter.RayParams is before


@pytest.mark.ray
def test_the_agent_of_a_ray_that_was_started_listens_at_a_port_of_its_own(ray_cluster):
    from ray._private.worker import _global_node

    port = _global_node._ray_params.dashboard_agent_listen_port
    assert port not in (0, -1, USUAL_PORTS["agent"])
    with socket.socket() as probe:
        assert probe.connect_ex((_global_node.node_ip_address, port)) == 0


@pytest.mark.endurance
def test_the_services_ray_does_its_work_beside_a_foreign_one(foreign_ray, tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    done = subprocess.run(
        [sys.executable, "-c", SERVICE, str(tmp_path / "data")], env=environment, capture_output=True, text=True,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["job"], found["task"]) == ("SUCCEEDED", 7)
    assert "from a job" in found["log"].splitlines()  # between lines of Ray's own
    assert found["agent"] not in (-1, USUAL_PORTS["agent"])
    assert not found["url"].endswith(f":{USUAL_PORTS['dashboard']}")
    assert all(map(listens, USUAL_PORTS.values()))  # the other one lives on
