"""Whatever stands in the query or the path of a request, it is answered: with what is there, or with a problem."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.jobs_in_memory import Interface
from support.lists_in_memory import ListedJobs

from neuropose_ray.schemas.jobs import Job, JobInput, JobProgress, JobRequest
from neuropose_ray.service.data_folder import DataFolder

NOW = datetime(2026, 1, 31, tzinfo=UTC)
JOBS, BATCH = [f"{number:032x}" for number in range(3)], "b" * 32


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Interface:
    data = DataFolder(tmp_path_factory.mktemp("data"))
    data.create()
    jobs = ListedJobs("completed")  # so that no request waits for one to end
    for number, job_id in enumerate(JOBS):
        at = NOW + timedelta(seconds=number)
        jobs.keep(JobRequest(id=job_id, inputs=(JobInput(name="walk.mp4"),), submitted_at=at, batch=BATCH))
        jobs.known[job_id] = Job(
            id=job_id, state="completed", workflow="standard", inputs=("walk.mp4",), priority=5, labels={},
            source="http", attempts=1, progress=JobProgress(), submitted_at=at, batch=BATCH,
        )  # fmt: skip
        video = data.job(job_id).results / "walk"
        video.mkdir(parents=True)
        (video / "results.json").write_text('{"walk.mp4": {"frames": {}}}')
        (video / "predictions.parquet").write_bytes(b"PAR1")
    return Interface(data.root, jobs, older_routes=True)


def asked(service: Interface, path: bytes, query: bytes, method: str = "GET") -> tuple[int, str, bytes]:
    """Status, media type and body of the answer to a request, whose bytes no client has put in order."""
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if messages:
            return messages.pop()
        return await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "scheme": "http", "http_version": "1.1", "query_string": query,
        "path": unquote(path.decode()), "raw_path": path,
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip

    async def ask() -> None:
        async with asyncio.timeout(30):
            await service.app(scope, receive, send)

    asyncio.run(ask())
    kind = dict(sent[0]["headers"]).get(b"content-type", b"").decode()
    return sent[0]["status"], kind, b"".join(message.get("body", b"") for message in sent[1:])


def check(service: Interface, path: bytes, query: bytes, method: str = "GET") -> int:
    status, kind, body = asked(service, path, query, method)
    assert status < 500, (path, query, body)
    if status >= 400:
        assert kind == "application/problem+json", (path, query, kind)
        problem = json.loads(body)
        assert (problem["status"], problem["code"] != "", len(body) < 3000) == (status, True, True)
    return status


NAMES = (
    "limit", "after", "state", "label", "source", "batch", "wait", "format", "video", "model", "step", "consecutive",
    "unknown", "", "limit[]", "__class__",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from([
        "", "-1", "0", "1", "500", "501", "1e3", "1.0", "nan", "NaN", "-inf", "Infinity", "true", "null", "[]", "{}",
        "9" * 30, "-" + "9" * 30, "0x10", " 5 ", "٣", "completed", "COMPLETED", "queued,running", "json", "csv",
        "a=b", "=", "walk", "walk.mp4", "../walk", "\x00", "\ud7ff", BATCH, JOBS[0],
        f"-{'9' * 15}_-1_{JOBS[0]}", f"-1_-1_{JOBS[0]}", f"-{'9' * 15}_{BATCH}", f"-0_{BATCH}", "'; drop table jobs",
    ]),
    st.text(max_size=40),
    st.integers().map(str),
    st.floats().map(str),
    st.just("x" * 5000),
)  # fmt: skip
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=5)
PATHS = (
    "/v1/jobs", "/v1/batches", f"/v1/jobs/{JOBS[0]}", f"/v1/batches/{BATCH}", f"/v1/jobs/{JOBS[0]}/results",
    f"/v1/jobs/{JOBS[0]}/artifacts/walk/results.json", f"/v1/jobs/{'e' * 32}", f"/tasks/{JOBS[0]}",
    f"/results/{JOBS[0]}", "/v1/health", "/v1/nothing",
)  # fmt: skip


def as_query(pairs: list[tuple[str, str]]) -> bytes:
    # A table is made by Ray.
    kept = [(name, value) for name, value in pairs if (name, value) != ("format", "csv")]
    return "&".join(f"{name}={quote(value, errors='replace')}" for name, value in kept).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), PAIRS)
def test_hostile_parameters_are_answered_with_what_is_there_or_a_problem(service: Interface, path, pairs):
    check(service, path.encode(), as_query(pairs))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(PATHS),
    st.one_of(
        st.binary(max_size=60).map(lambda raw: raw.replace(b"csv", b"")),
        st.sampled_from([b"limit=%ff", b"label=%00%00", b"after=%", b"&&&==", b"limit=1;limit=2", b"%6cimit=-1"]),
    ),
)
def test_queries_that_are_none_are_answered_too(service: Interface, path, raw):
    check(service, path.encode(), raw)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/v1/jobs/{}", "/v1/jobs/{}/log", "/v1/batches/{}", "/v1/jobs/{}/artifacts/{}", "/tasks/{}"]),
    st.one_of(st.text(max_size=40), st.sampled_from(["..", "../..", "%2e%2e", "\x00", "a" * 5000, JOBS[0] + "\n"])),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]),
)
def test_hostile_paths_are_answered_too(service: Interface, form, part, method):
    path = form.replace("{}", quote(part, errors="replace")).encode()
    if method in ("GET", "OPTIONS", "QUERY"):
        check(service, path, b"", method)
    elif JOBS[0].encode() not in path:
        assert check(service, path, b"", method) >= 300  # to the same without a slash at its end


@pytest.mark.parametrize("query", [
    "limit=0", "limit=-1", "limit=501", "limit=nan", "limit=1.5", f"limit={'9' * 30}", "limit=", "state=done",
    "source=ftp", "after=x", f"after={BATCH}", "batch=x", "label=" + "x" * 262, f"after=-{'9' * 15}_-1_{JOBS[0]}",
])  # fmt: skip
def test_parameters_of_lists_that_mean_nothing_are_refused(service: Interface, query: str):
    assert check(service, b"/v1/jobs", query.encode()) == 422


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=x", f"after={BATCH}", "after=-1_x"])
def test_parameters_of_the_list_of_batches_too(service: Interface, query: str):
    assert check(service, b"/v1/batches", query.encode()) == 422


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 5), st.sets(st.integers(0, 11)))
def test_pages_of_jobs_have_each_job_once_whatever_is_removed_meanwhile(seconds, limit, removed):
    jobs = ListedJobs()
    for number, second in enumerate(seconds):
        at = NOW + timedelta(seconds=second)
        jobs.keep(JobRequest(id=f"{number:032x}", inputs=(JobInput(name="walk.mp4"),), submitted_at=at))

    async def shown() -> list[Job]:
        page = await jobs.jobs(limit=limit)
        found = list(page.jobs)
        for job_id in {f"{number:032x}" for number in removed} & set(jobs.rows.requests):
            jobs.remove_from_lists(job_id)  # also the job that the place in the list is named after
        while page.next is not None:
            page = await jobs.jobs(limit=limit, after=page.next)
            assert len(page.jobs) <= limit
            found += page.jobs
        return found

    found = asyncio.run(shown())
    ids = [int(job.id, 16) for job in found]
    assert len(set(ids)) == len(ids)
    assert set(range(len(seconds))) - set(ids) <= removed
    assert [job.submitted_at for job in found] == sorted((job.submitted_at for job in found), reverse=True)
