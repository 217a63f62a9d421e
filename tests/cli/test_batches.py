"""`jobs batches`: listed, shown, watched and cancelled by the beginning of an id."""

import json
from pathlib import Path

import pytest
from support.jobs_over_http import job_server
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import RequestError

ONE, TWO = "b" * 32, "bc" * 16


@pytest.fixture
def server(tmp_path: Path):
    with job_server() as running:
        for number, (batch, name) in enumerate(((ONE, "a.mp4"), (ONE, "bad.mp4"), (TWO, "c.mp4"))):
            running.submit(str(number), f'filename="{name}"name="batch"\r\n\r\n{batch}\r\n')
        yield running


def batches(server, *words):
    return CliRunner().invoke(app, ["jobs", "batches", *words, "--url", server.url], env={"COLUMNS": "160"})


def test_a_list_is_a_line_for_each_batch(server):
    lines = batches(server, "list").stdout.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [["bbbbbbbb", "failed"], ["bcbcbcbc", "completed"]]
    assert "1 completed, 1 failed" in lines[0]
    assert [each["id"] for each in json.loads(batches(server, "list", "--json").stdout)] == [ONE, TWO]
    server.jobs.clear()
    assert batches(server, "list").stdout == "no batches\n"


def test_a_batch_says_how_many_jobs_it_has_and_which_failed_and_is_exit_code_1_then(server):
    for command in ("show", "watch"):
        done = batches(server, command, "bb")
        assert done.exit_code == 1
        assert done.stdout.splitlines()[:2] == [
            f"batch {ONE}: failed, 100 %", "2 jobs: 1 completed, 1 failed"
        ]  # fmt: skip
        assert "failed: bad.mp4 (job 00000000)" in done.stdout
    assert batches(server, "watch", TWO).exit_code == 0


def test_a_beginning_must_mean_one_batch(server):
    for given, message in (("b", "2 batches' ids begin so"), ("9", "no batch's id begins so")):
        done = batches(server, "show", given)
        assert isinstance(done.exception, RequestError)
        assert message in str(done.exception)


def test_cancelling_stops_the_jobs_of_the_batch_alone(server):
    assert "2 cancelled" in batches(server, "cancel", ONE).stdout
    assert [job.state for job in server.jobs.values()] == ["cancelled", "cancelled", "completed"]


def test_results_are_those_of_the_completed_jobs(server, tmp_path: Path):
    done = batches(server, "results", ONE, "--out", str(tmp_path))
    assert (done.exit_code, done.stdout.strip()) == (0, f"0 files of 1 job in {tmp_path}")
