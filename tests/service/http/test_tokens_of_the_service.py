"""Tokens on the whole service: they count at once, and jobs are their owners' alone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from neuropose_ray.service.settings import Scope
from neuropose_ray.service.tokens import LOOK_S, add_token, new_token, revoke_token

pytestmark = [pytest.mark.ray, pytest.mark.serve]
#: Of a file that is looked at every so often, on a busy machine.
PATIENCE_S = 20 * LOOK_S
SCOPES: dict[str, set[Scope]] = {"anna": {"read", "submit"}, "ben": {"read", "submit"}, "chief": {"admin"}}


@pytest.fixture(scope="module")
def clients(service) -> Iterator[dict[str, httpx.Client]]:
    """A client with the token of each caller; without tokens again in the end."""
    made = {}
    for name, scopes in SCOPES.items():
        secret, token = new_token(name, frozenset(scopes), None)
        add_token(service.data.tokens, token)
        made[name] = service.client(headers={"Authorization": f"Bearer {secret}"})
    with service.client() as nobody:
        eventually(nobody, 401)
        eventually(made["chief"], 200)  # of the last token that was added
        yield made
        for client in made.values():
            client.close()
        service.data.tokens.unlink()
        eventually(nobody, 200)


def eventually(client: httpx.Client, status: int) -> None:
    """Wait until a caller is answered so: the file of the tokens is looked at from time to time."""
    until = time.monotonic() + PATIENCE_S
    while (answer := client.get("/v1/jobs")).status_code != status:
        assert time.monotonic() < until, answer.text
        time.sleep(0.05)


@contextmanager
def paused(chief: httpx.Client) -> Iterator[None]:
    chief.post("/v1/control", json={"action": "pause"})
    try:
        yield
    finally:
        chief.post("/v1/control", json={"action": "resume"})


@pytest.fixture(scope="module")
def job(clients, test_data: Path) -> Iterator[str]:
    """A job of anna's that waits."""
    video = test_data / "odd" / "made_one_frame.mp4"
    with paused(clients["chief"]):
        answer = clients["anna"].post("/v1/jobs", files={"file": (video.name, video.read_bytes())})
        assert answer.status_code == 202, answer.text
        yield answer.json()["id"]


def test_a_token_is_needed_at_once_without_a_restart(service, clients):
    with service.client() as nobody:
        assert nobody.get("/v1/jobs").status_code == 401
        assert nobody.get("/v1/health").status_code == 200
    assert clients["anna"].get("/v1/jobs").status_code == 200


def test_a_job_has_the_name_of_its_token(clients, job):
    assert clients["anna"].get(f"/v1/jobs/{job}").json()["owner"] == "anna"
    assert "submitted by http (anna)" in clients["anna"].get(f"/v1/jobs/{job}/log").text


def test_a_job_of_somebody_else_is_not_there(clients, job):
    ben = clients["ben"]
    for method, path in (
        ("GET", ""), ("GET", "/log"), ("GET", "/events"), ("GET", "/results"), ("GET", "/artifacts/walk/overlay.mp4"),
        ("POST", "/cancel"), ("POST", "/retry"),
    ):  # fmt: skip
        answer = ben.request(method, f"/v1/jobs/{job}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found"), (method, path)
    assert job not in ben.get("/v1/jobs", params={"limit": 500}).text
    assert {each["owner"] for each in clients["anna"].get("/v1/jobs").json()["jobs"]} == {"anna"}
    assert clients["anna"].get(f"/v1/jobs/{job}").json()["state"] == "queued"


def test_an_administrator_sees_and_stops_all_jobs(clients, job):
    chief = clients["chief"]
    assert job in chief.get("/v1/jobs").text
    assert chief.get(f"/v1/jobs/{job}/log").status_code == 200
    assert clients["anna"].delete(f"/v1/jobs/{job}").status_code == 403
    assert chief.post(f"/v1/jobs/{job}/cancel").json()["state"] == "cancelled"


def test_the_same_key_of_another_token_is_another_job(clients, job, test_data: Path):
    video = test_data / "odd" / "made_one_frame.mp4"
    ids = {
        clients[name]
        .post("/v1/jobs", files={"file": (video.name, video.read_bytes())}, headers={"Idempotency-Key": "one"})
        .json()["id"]
        for name in ("anna", "ben", "anna")
    }
    assert len(ids) == 2


def test_the_audit_log_has_who_did_what(service, clients, job):
    entries = [json.loads(line) for line in service.data.audit.read_text().splitlines()]
    made = {(each["caller"], each["method"], each["path"], each["status"]) for each in entries if each["job"] == job}
    assert ("anna", "POST", "/v1/jobs", 202) in made
    assert ("ben", "POST", f"/v1/jobs/{job}/cancel", 404) in made
    assert ("anna", "DELETE", f"/v1/jobs/{job}", 403) in made
    refused = [json.loads(line) for line in service.data.refusals.read_text().splitlines()]
    assert any(each["caller"] == "anybody" and each["status"] == 401 for each in refused)


def test_a_revoked_token_is_refused_without_a_restart(service, clients):
    assert clients["ben"].get("/v1/jobs").status_code == 200
    assert revoke_token(service.data.tokens, "ben")
    eventually(clients["ben"], 401)
