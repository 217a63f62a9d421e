"""Batches over HTTP: one id for many jobs, each caller its own."""

from pathlib import Path

import pytest
from support.jobs_in_memory import Interface, JobsInMemory

BATCH = "b" * 32
SCOPES = {"anna": ["read", "submit"], "ben": ["read", "submit"], "boss": ["admin"], "guest": ["read"]}


@pytest.fixture
def jobs() -> JobsInMemory:
    return JobsInMemory()


@pytest.fixture
def service(tmp_path: Path, jobs: JobsInMemory) -> Interface:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    return Interface(tmp_path / "data", jobs, scopes=SCOPES, uploads={"roots": [str(tmp_path)]})


def submit(service: Interface, tmp_path: Path, name: str, caller: str, **more) -> dict:
    body = {"inputs": [{"uri": str(tmp_path / name)}], "batch": BATCH, **more}
    answer = service.one("POST", "/v1/jobs", json=body, caller=caller)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_a_batch_is_its_jobs_in_numbers(service: Interface, jobs: JobsInMemory, tmp_path: Path):
    first, second = (submit(service, tmp_path, name, "anna") for name in ("a.mp4", "b.mp4"))
    jobs.end(first["id"])
    batch = service.one("GET", f"/v1/batches/{BATCH}", caller="anna").json()
    assert (batch["state"], batch["counts"]) == ("running", {"completed": 1, "queued": 1})
    listed = service.one("GET", "/v1/jobs", params={"batch": BATCH}, caller="anna").json()["jobs"]
    assert {job["id"] for job in listed} == {first["id"], second["id"]}
    assert [each["id"] for each in service.one("GET", "/v1/batches", caller="anna").json()["batches"]] == [BATCH]


def test_a_batch_is_waited_for_until_its_last_job_has_ended(tmp_path: Path):
    jobs = JobsInMemory(looks=1)
    (tmp_path / "a.mp4").touch()
    service = Interface(tmp_path / "data", jobs, scopes=SCOPES, uploads={"roots": [str(tmp_path)]})
    submit(service, tmp_path, "a.mp4", "anna")
    assert service.one("GET", f"/v1/batches/{BATCH}", caller="anna").json()["state"] == "queued"
    answer = service.one("GET", f"/v1/batches/{BATCH}", params={"wait": 30}, caller="anna")
    assert (answer.status_code, answer.json()["state"]) == (200, "completed")


def test_nobody_sees_or_stops_jobs_of_somebody_else_by_their_batch(
    service: Interface, jobs: JobsInMemory, tmp_path: Path
):
    hers = submit(service, tmp_path, "a.mp4", "anna")
    for method, path in (("GET", ""), ("GET", "?wait=1"), ("POST", "/cancel")):
        answer = service.one(method, f"/v1/batches/{BATCH}{path}", caller="ben")
        assert (answer.status_code, answer.json()["code"]) == (404, "batch_not_found")
    assert service.one("GET", "/v1/batches", caller="ben").json()["batches"] == []
    his = submit(service, tmp_path, "a.mp4", "ben")
    stopped = service.one("POST", f"/v1/batches/{BATCH}/cancel", caller="ben")
    assert (stopped.status_code, stopped.json()["counts"]) == (202, {"cancelled": 1})
    assert [jobs.known[each["id"]].state for each in (his, hers)] == ["cancelled", "queued"]
    assert service.one("GET", f"/v1/batches/{BATCH}", caller="boss").json()["counts"] == {"queued": 1, "cancelled": 1}
    assert service.one("POST", f"/v1/batches/{BATCH}/cancel", caller="guest").status_code == 403


@pytest.mark.parametrize("batch", ["", "b" * 31, "B" * 32, "../" + "b" * 29, "b" * 33])
def test_only_an_id_is_one(service: Interface, tmp_path: Path, batch: str):
    body = {"inputs": [{"uri": str(tmp_path / "a.mp4")}], "batch": batch}
    assert service.one("POST", "/v1/jobs", json=body, caller="anna").status_code == 422
    assert service.one("GET", "/v1/jobs", params={"batch": batch}, caller="anna").status_code == 422


def test_the_wait_is_bounded(service: Interface):
    for wait in ("-1", "61", "nan", "inf", "soon"):
        assert service.one("GET", f"/v1/batches/{BATCH}", params={"wait": wait}, caller="anna").status_code == 422
        assert service.one("GET", f"/v1/jobs/{BATCH}", params={"wait": wait}, caller="anna").status_code == 422


def test_nobody_compares_with_a_job_of_somebody_else(service: Interface, jobs: JobsInMemory, tmp_path: Path):
    hers = submit(service, tmp_path, "a.mp4", "anna")
    body = {"inputs": [{"uri": str(tmp_path / "b.mp4")}], "options": {"compare_with": hers["id"]}}
    refused = service.one("POST", "/v1/jobs", json=body, caller="ben")
    assert (refused.status_code, refused.json()["code"]) == (404, "job_not_found")
    assert service.one("POST", "/v1/jobs", json=body, caller="anna").status_code == 202
    jobs.end(hers["id"], "failed")
    assert service.one("POST", "/v1/jobs", json=body, caller="anna").status_code == 409


def test_jobs_and_requests_may_name_the_pose_models_that_are_configured_and_no_other(
    service: Interface, jobs: JobsInMemory, tmp_path: Path
):
    given = submit(service, tmp_path, "a.mp4", "anna", options={"model": "blazepose"})
    assert jobs.known[given["id"]].options.model == "blazepose"
    body = {"inputs": [{"uri": str(tmp_path / "a.mp4")}], "options": {"model": "/etc/model"}}
    picture = {"content": b"jpeg", "headers": {"content-type": "image/jpeg"}, "params": {"model": "/etc/model"}}
    for answer in (
        service.one("POST", "/v1/jobs", json=body, caller="anna"),
        service.one("POST", "/v1/batches", json=body, caller="anna"),
        service.one("GET", "/v1/pose/model", params={"model": "/etc/model"}, caller="anna"),
        service.one("POST", "/v1/pose", caller="anna", params=picture["params"], content=picture["content"],
                    headers={**picture["headers"], "authorization": "Bearer anna"}),
    ):  # fmt: skip
        assert answer.status_code == 422
        assert "there are: blazepose" in answer.json()["message"]
