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


ROUTES = {
    "/v1/pose": {"post"},
    "/v1/pose/model": {"get"},
    "/v1/jobs": {"get", "post"},
    "/v1/jobs/{job_id}": {"get", "delete"},
    "/v1/jobs/{job_id}/cancel": {"post"},
    "/v1/batches": {"get", "post"},
    "/v1/batches/{batch_id}": {"get"},
    "/v1/batches/{batch_id}/cancel": {"post"},
    "/v1/jobs/{job_id}/retry": {"post"},
    "/v1/jobs/{job_id}/log": {"get"},
    "/v1/jobs/{job_id}/events": {"get"},
    "/v1/jobs/{job_id}/results": {"get"},
    "/v1/jobs/{job_id}/artifacts/{path}": {"get"},
    "/v1/health": {"get"},
    "/v1/ready": {"get"},
    "/v1/status": {"get"},
    "/v1/control": {"post"},
    "/v1/streams": {"get"},
    "/v1/streams/{stream_id}": {"get", "put", "delete"},
    "/v1/streams/{stream_id}/frame.jpg": {"get"},
    "/v1/streams/{stream_id}/view": {"get"},
    "/v1/sessions/{session_id}": {"get"},
    "/camera/{camera_id}/image": {"get"},
}
#: Needed by all routes but the two that probes ask.
ERRORS = {"400", "401", "403", "422", "500", "503"}


def test_the_description_has_every_route_with_its_errors(service):
    with service.client() as client:
        description = client.get("/openapi.json").json()
        page = client.get("/docs").text
    assert {path: set(methods) for path, methods in description["paths"].items()} == ROUTES
    assert {"type", "title", "status", "detail", "code", "message", "id"} == set(
        description["components"]["schemas"]["Problem"]["properties"]
    )
    assert "'/openapi.json'" in page  # which it shows
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            refusals = {code: answer for code, answer in route["responses"].items() if code >= "400"}
            assert refusals.keys() >= ({"403"} if path in ("/v1/health", "/v1/ready") else ERRORS), (method, path)
            for code, answer in refusals.items():
                # What a probe is told with 503 is no problem but what is waited for.
                kind = "application/json" if (path, code) == ("/v1/ready", "503") else "application/problem+json"
                assert list(answer["content"]) == [kind], (method, path, code)
