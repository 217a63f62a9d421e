"""Greedy, slow and idle clients leave the service to the others."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.service_memory import watched_peak

pytestmark = [pytest.mark.ray, pytest.mark.serve, pytest.mark.endurance]
SECONDS = 15
LOAD = Path(__file__).parents[2] / "support" / "http_load.py"
#: What probes of orchestrators allow.
HEALTH_S = 1.0
INGRESS_MIB = 400


@contextmanager
def under(load: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, str(LOAD), load, str(port), str(SECONDS)]) as process:
        yield process


@pytest.mark.parametrize("load", ["idle", "slow", "integers", "large"])
def test_health_answers_at_once_throughout_and_memory_stays_small(service, load: str):
    port, slowest_s, probes = int(service.url.rpartition(":")[2]), 0.0, 0
    with watched_peak() as peak, under(load, port) as process:
        while process.poll() is None:
            began_s = time.monotonic()
            assert httpx.get(f"{service.url}/v1/health", timeout=60).status_code == 200
            slowest_s, probes = max(slowest_s, time.monotonic() - began_s), probes + 1
            time.sleep(0.05)
    print(f"{load}: {probes} probes, the slowest {slowest_s:.3f} s, the ingress took {peak['Ingress']:.0f} MiB")
    assert process.returncode == 0
    assert probes > 0
    assert slowest_s < HEALTH_S
    assert peak["Ingress"] < INGRESS_MIB
    assert httpx.get(f"{service.url}/v1/ready", timeout=60).status_code == 200
