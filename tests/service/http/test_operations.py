"""What probes and people ask the service."""

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.serve]


def test_the_process_lives_and_the_service_is_ready(service):
    with service.client() as client:
        assert client.get("/v1/health").json()["status"] == "ok"
        assert client.get("/v1/ready").json() == {"ready": True, "waits_for": []}


def test_the_status_has_replicas_and_jobs_in_numbers(service):
    with service.client() as client:
        status = client.get("/v1/status").json()
    assert all(status["replicas"][name] == {"RUNNING": 1} for name in ("Ingress", "PoseModel", "JobManager"))
    assert status["jobs"]["mode"] == "running"
