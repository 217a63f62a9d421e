"""Who did what is in a file before the client has its answer."""

import asyncio
import json
import stat
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from neuropose_ray.service.http import audit
from neuropose_ray.service.http.audit import Audit, AuditLog
from neuropose_ray.service.http.auth import Caller

JOB = "0f" * 16


def application(path: Path) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def as_anna(request: Request, call_next):
        if "authorization" in request.headers:
            request.state.caller = Caller("anna", frozenset({"read"}))
        return await call_next(request)

    @app.post("/v1/jobs", status_code=202)
    async def submit(response: Response) -> None:
        response.headers["location"] = f"/v1/jobs/{JOB}"

    @app.get("/v1/jobs/{job_id}/artifacts/{path:path}")
    @app.get("/v1/jobs/{job_id}")
    async def show() -> None:
        return

    @app.get("/refused")
    async def refuse() -> Response:
        return Response(status_code=403)

    app.add_middleware(Audit, log=AuditLog(path))
    return app


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def ask(app: FastAPI, method: str, path: str, **headers: str) -> None:
    async def answer() -> None:
        transport = httpx.ASGITransport(app, client=("10.0.0.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await client.request(method, path, headers=headers)

    asyncio.run(answer())


def test_changes_results_and_refusals_are_logged_with_name_client_and_job(tmp_path: Path):
    file = tmp_path / "audit.jsonl"
    app = application(file)
    ask(app, "POST", "/v1/jobs", authorization="x")
    ask(app, "GET", f"/v1/jobs/{JOB}", authorization="x")  # the state of a job is no news
    ask(app, "GET", f"/v1/jobs/{JOB}/artifacts/walk/overlay.mp4", authorization="x")
    ask(app, "GET", "/refused")
    ask(app, "DELETE", '/v1/%0A{"caller": "ben"}')
    first, second, third, fourth = entries(file)
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {
        "caller": "anna", "client": "10.0.0.7", "method": "POST", "path": "/v1/jobs", "status": 202, "job": JOB
    }  # fmt: skip
    assert (second["path"], second["job"]) == (f"/v1/jobs/{JOB}/artifacts/walk/overlay.mp4", JOB)
    assert (third["caller"], third["status"]) == ("anybody", 403)
    assert (fourth["caller"], fourth["method"], fourth["status"]) == ("anybody", "DELETE", 404)


def test_the_file_is_for_its_owner_alone_whatever_the_umask_and_whoever_made_it(tmp_path: Path):
    file = tmp_path / "audit.jsonl"
    file.touch(0o644)
    ask(application(file), "POST", "/v1/jobs")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_long_file_is_renamed_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit, "_FILE_BYTES", 1000)
    app = application(tmp_path / "audit.jsonl")
    for number in range(20):
        ask(app, "POST", f"/v1/{number}")
    files = list(tmp_path.iterdir())
    assert len(files) > 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sorted(int(str(entry["path"])[4:]) for file in files for entry in entries(file)) == list(range(20))


def test_a_file_that_cannot_be_written_stops_no_request_and_is_in_the_services_log(tmp_path: Path, caplog):
    (tmp_path / "audit.jsonl").mkdir()
    ask(application(tmp_path / "audit.jsonl"), "POST", "/v1/jobs")
    assert "audit log cannot be written" in caplog.text
    assert JOB in caplog.text


def test_strangers_do_not_fill_the_files_with_long_paths(tmp_path: Path):
    ask(application(tmp_path / "audit.jsonl"), "DELETE", f"/v1/jobs/{JOB}/{'x' * 60_000}")
    (entry,) = entries(tmp_path / "audit.jsonl")
    assert (entry["job"], entry["status"]) == (JOB, 404)
    assert (tmp_path / "audit.jsonl").stat().st_size < 1000
