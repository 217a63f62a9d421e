"""Who did what is in a file before the client has its answer."""

import asyncio
import json
import stat
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.audit import Audit, AuditLog
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.http.refusals import MOST_SINGLE
from neuropose_ray.service.settings import AuditSettings

JOB = "0f" * 16


def application(folder: Path, settings: AuditSettings | None = None) -> FastAPI:
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

    @app.get("/too-many")
    async def refuse_for_now() -> Response:
        return Response(status_code=429)

    app.add_middleware(Audit, log=AuditLog(DataFolder(folder), settings or AuditSettings()))
    return app


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def ask(app: FastAPI, method: str, path: str, **headers: str) -> None:
    ask_often(app, method, path, 1, **headers)


def ask_often(app: FastAPI, method: str, path: str, times: int, **headers: str) -> None:
    """So many times, each time with the number of the request in the path's place for it; then the service ends."""

    async def no_message():
        await asyncio.Event().wait()

    async def answers() -> None:
        transport = httpx.ASGITransport(app, client=("10.0.0.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for number in range(times):
                await client.request(method, path.replace("NUMBER", str(number)), headers=headers)
        ending = asyncio.create_task(app({"type": "lifespan", "asgi": {}, "state": {}}, no_message, no_message))
        await asyncio.sleep(0)
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)

    asyncio.run(answers())


def test_changes_results_and_refusals_are_logged_with_name_client_and_job(tmp_path: Path):
    app = application(tmp_path)
    ask(app, "POST", "/v1/jobs", authorization="x")
    ask(app, "GET", f"/v1/jobs/{JOB}", authorization="x")  # the state of a job is no news
    ask(app, "GET", f"/v1/jobs/{JOB}/artifacts/walk/overlay.mp4", authorization="x")
    ask(app, "GET", "/refused", authorization="x")
    ask(app, "GET", "/refused")
    ask(app, "DELETE", '/v1/%0A{"caller": "ben"}')
    first, second, own = entries(tmp_path / "audit.jsonl")
    third, fourth = entries(tmp_path / "refusals.jsonl")
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {
        "caller": "anna", "client": "10.0.0.7", "method": "POST", "path": "/v1/jobs", "status": 202, "job": JOB
    }  # fmt: skip
    assert (second["path"], second["job"]) == (f"/v1/jobs/{JOB}/artifacts/walk/overlay.mp4", JOB)
    assert (own["caller"], own["status"]) == ("anna", 403), "what a token may not do is its holder's act"
    assert (third["caller"], third["status"]) == ("anybody", 403)
    assert (fourth["caller"], fourth["method"], fourth["status"]) == ("anybody", "DELETE", 404)


def test_the_file_is_for_its_owner_alone_whatever_the_umask_and_whoever_made_it(tmp_path: Path):
    files = [tmp_path / "audit.jsonl", tmp_path / "refusals.jsonl"]
    for file in files:
        file.touch(0o644)
    ask(application(tmp_path), "POST", "/v1/jobs")
    ask(application(tmp_path), "POST", "/v1/jobs", authorization="x")
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_long_file_is_renamed_and_nothing_is_lost(tmp_path: Path):
    app = application(tmp_path, AuditSettings.model_construct(file_bytes=1000, files=20))
    ask_often(app, "POST", "/v1/NUMBER", 20, authorization="x")
    files = list(tmp_path.iterdir())
    assert len(files) > 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sorted(int(str(entry["path"])[4:]) for file in files for entry in entries(file)) == list(range(20))


@pytest.mark.parametrize("headers", [{}, {"authorization": "x"}], ids=["a stranger", "a token beyond its rate"])
def test_refusals_without_end_are_counted_and_take_no_room_from_what_was_done(tmp_path: Path, headers):
    app = application(tmp_path, AuditSettings.model_construct(file_bytes=1000, files=1))
    ask(app, "POST", "/v1/jobs", authorization="x")
    ask_often(app, "GET", "/too-many" if headers else "/refused", 200, **headers)
    assert [entry["status"] for entry in entries(tmp_path / "audit.jsonl")] == [202]
    assert len(list(tmp_path.glob("audit.jsonl*"))) == 1
    newest = entries(tmp_path / "refusals.jsonl")[-1]
    assert newest["count"] == 200 - MOST_SINGLE
    assert newest["client"] == "10.0.0.7"
    assert datetime.fromisoformat(str(newest["time"])) <= datetime.fromisoformat(str(newest["until"]))
    assert sum(file.stat().st_size for file in tmp_path.glob("refusals.jsonl*")) < 4 * 1400


def test_a_file_that_cannot_be_written_stops_no_request_and_is_in_the_services_log(tmp_path: Path, caplog):
    (tmp_path / "audit.jsonl").mkdir()
    ask(application(tmp_path), "POST", "/v1/jobs", authorization="x")
    assert "audit log cannot be written" in caplog.text
    assert JOB in caplog.text


def test_strangers_do_not_fill_the_files_with_long_paths(tmp_path: Path):
    ask(application(tmp_path), "DELETE", f"/v1/jobs/{JOB}/{'x' * 60_000}")
    (entry,) = entries(tmp_path / "refusals.jsonl")
    assert (entry["job"], entry["status"]) == (JOB, 404)
    assert (tmp_path / "refusals.jsonl").stat().st_size < 1000
