"""`jobs` as a person and a script read it, of a server that answers from memory; the real one is with the service."""

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from support.http_server import served
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import JobStateError, RequestError, ServiceUnreachableError, SettingsError
from neuropose_ray.schemas.jobs import Artifact, Job, JobError, JobPage, JobProgress

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(number, state="completed", **changes):
    fields = {
        "id": f"{number:032x}"[::-1], "state": state, "workflow": "standard", "inputs": ("walk.mp4",), "priority": 5,
        "labels": {}, "source": "http", "attempts": 1, "progress": JobProgress(percent=100), "submitted_at": NOW,
        "started_at": NOW, "ended_at": NOW + timedelta(minutes=2),
    }  # fmt: skip
    return Job(**(fields | changes))


@pytest.fixture
def service():
    """Jobs by id, what was asked, and the URL of a server that tells of them."""
    known, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.command, self.path))
            path = self.path.partition("?")[0]
            if path == "/v1/jobs":
                return self._answer(JobPage(jobs=tuple(known.values())).model_dump_json())
            if path.endswith("/log"):
                return self._answer(json.dumps(["12:00 submitted", "12:02 completed"]))
            return self._answer(known[path.split("/")[3]].model_dump_json())

        do_POST = do_DELETE = do_GET  # noqa: N815  the library's names

        def _answer(self, text):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with served(Handler) as port:
        yield known, asked, f"http://127.0.0.1:{port}"


def jobs(service, *words, answer=None):
    return CliRunner().invoke(app, ["jobs", *words, "--url", service[2]], input=answer, env={"COLUMNS": "160"})


def add(service, *some):
    service[0].update({each.id: each for each in some})


def test_a_list_is_a_line_for_each_job_or_says_that_there_is_none(service):
    assert jobs(service, "list").stdout == "no such jobs\n"
    add(service, job(1), job(2, "running", inputs=("a.mp4", "b.mp4"), ended_at=None, folder="trial_7"))
    first, second = jobs(service, "list").stdout.splitlines()[1:]
    assert first.split()[:2] == ["10000000", "completed"]
    assert "2 min 0 s" in first
    assert "a.mp4 and 1 more" in second
    assert "trial_7" in second
    assert [entry["state"] for entry in json.loads(jobs(service, "list", "--json").stdout)] == [
        "completed",
        "running",
    ]


def test_what_is_asked_for_reaches_the_service(service):
    jobs(service, "list", "--state", "failed", "--label", "patient=p07", "--source", "inbox")
    assert {"state=failed", "label=patient%3Dp07", "source=inbox"} <= set(
        service[1][-1][1].partition("?")[2].split("&")
    )


def test_a_job_is_meant_by_the_beginning_of_its_id(service):
    add(service, job(1), job(0x21))
    assert jobs(service, "show", "10").exit_code == 0
    for given, message in (("9", "no job's id begins so"), ("1", "2 jobs' ids begin so")):
        done = jobs(service, "show", given)
        assert isinstance(done.exception, RequestError)
        assert message in str(done.exception)


def test_a_failed_job_says_why_and_what_to_do_and_is_exit_code_1(service):
    add(service, job(1, "failed", attempts=3, error=JobError(code="video_unreadable", message="is broken")))
    done = jobs(service, "show", "1")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert "error: video_unreadable: is broken" in lines
    assert "started 3 times" in lines
    assert "`neuropose-ray jobs logs 10000000` says more; `... retry` queues it again" in lines


def test_a_job_of_the_inbox_is_done_again_by_moving_its_folder(service):
    error = JobError(code="input", message="is broken")
    add(service, job(1, "failed", source="inbox", folder="trial", error=error))
    assert "trial is done again when it is moved from failed/ back to in/" in jobs(service, "show", "1").stdout


def test_what_a_job_made_and_what_it_could_not_make_is_listed(service):
    warning = JobError(code="input", message="nobody is seen", input="b.mp4")
    artifact = Artifact(path="walk/report.html", size_bytes=1_500_000)
    add(service, job(1, labels={"patient": "p07"}, warnings=(warning,), artifacts=(artifact,)))
    lines = jobs(service, "show", "1").stdout.splitlines()
    assert "labels: patient=p07" in lines
    assert "no result: b.mp4: nobody is seen" in lines
    assert "walk/report.html (1.5 MB)" in lines


def test_a_job_that_runs_is_not_deleted_and_one_that_ended_only_when_that_is_wanted(service):
    add(service, job(1, "running"), job(2))
    running = jobs(service, "remove", "1", "--yes")
    assert isinstance(running.exception, JobStateError)
    assert jobs(service, "remove", "2", answer="n\n").exit_code == 2
    assert not [path for method, path in service[1] if method == "DELETE"]
    assert jobs(service, "remove", "2", answer="y\n").exit_code == 0
    assert [path for method, path in service[1] if method == "DELETE"] == [f"/v1/jobs/{job(2).id}"]


def test_the_log_is_lines_or_json(service):
    add(service, job(1))
    assert jobs(service, "logs", "1").stdout == "12:00 submitted\n12:02 completed\n"
    assert json.loads(jobs(service, "logs", "1", "--json").stdout) == ["12:00 submitted", "12:02 completed"]


def test_a_job_without_results_has_none_to_fetch(service, tmp_path):
    add(service, job(1, "running"))
    done = jobs(service, "results", "1", "--out", str(tmp_path))
    assert isinstance(done.exception, RequestError)
    assert "the job is running, it has no results" in str(done.exception)


@pytest.mark.parametrize(("words", "message"), [
    (["list", "--state", "done"], "there is no state 'done'; one of queued, running, completed, failed, cancelled"),
    (["retry", "1" * 32, "--step", "poses"], "there is no step 'poses'; one of pose, analyze"),
    (["submit", "walk.mp4", "--label", "patient"], "'patient' is not name=value"),
])  # fmt: skip
def test_a_wrong_word_is_refused_before_the_service_is_asked(service, words, message):
    done = jobs(service, *words)
    assert isinstance(done.exception, SettingsError)
    assert message in str(done.exception)
    assert service[1] == []


def test_no_service_is_one_line():
    done = CliRunner().invoke(app, ["jobs", "list", "--url", "http://127.0.0.1:1"])
    assert isinstance(done.exception, ServiceUnreachableError)
