"""The command line's client against the real service over real HTTP."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner, Result

from neuropose_ray.cli import jobs as jobs_cli
from neuropose_ray.cli.status import status
from neuropose_ray.errors import (
    JobNotFoundError,
    JobStateError,
    RequestError,
    ServiceUnreachableError,
    SettingsError,
)
from neuropose_ray.service.client import ServiceClient

if TYPE_CHECKING:
    from conftest import Service

pytestmark = [pytest.mark.ray, pytest.mark.serve]

cli = typer.Typer()
cli.add_typer(jobs_cli.app, name="jobs")
cli.command()(status)


def ask(service: "Service", *words: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, words), "--url", service.url])


@pytest.fixture(scope="module")
def done(service: "Service", test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a job of one frame that was submitted and fetched in one command."""
    out = tmp_path_factory.mktemp("results")
    video = test_data / "odd" / "made_one_frame.mp4"
    result = ask(service, "jobs", "submit", video, "--label", "patient=p11", "--out", out)
    assert result.exit_code == 0, result.output
    assert "completed" in result.stdout
    return out


def test_a_video_goes_in_and_its_results_come_back(done: Path):
    assert (done / "made_one_frame" / "predictions.parquet").stat().st_size > 0
    assert list(json.loads((done / "made_one_frame" / "results.json").read_text())) == ["made_one_frame.mp4"]


def test_jobs_are_listed_shown_and_found_by_the_beginning_of_their_id(service: "Service", done: Path):
    listed = json.loads(ask(service, "jobs", "list", "--label", "patient=p11", "--json").stdout)
    (job,) = listed
    assert job["state"] == "completed"
    assert job["id"][:8] in ask(service, "jobs", "list").stdout
    assert f"job {job['id']}: completed" in ask(service, "jobs", "show", job["id"][:10]).stdout
    assert "submitted by http" in ask(service, "jobs", "logs", job["id"]).stdout
    assert ask(service, "jobs", "watch", job["id"]).exit_code == 0


def test_a_broken_video_is_a_failed_job_with_exit_code_1(service: "Service", test_data: Path):
    result = ask(service, "jobs", "submit", test_data / "odd" / "made_not_a_video.mp4", "--wait")
    assert result.exit_code == 1


def test_errors_are_those_that_the_service_means(service: "Service", done: Path, test_data: Path):
    with ServiceClient(service.url) as client:
        with pytest.raises(JobNotFoundError):
            client.job("0" * 32)
        job = next(client.jobs(label="patient=p11"))
        with pytest.raises(JobStateError):
            client.retry(job.id)
        with pytest.raises(JobStateError):
            client.cancel(job.id)
        with pytest.raises(RequestError):
            client.submit([test_data / "odd" / "made_one_frame.mp4"], workflow="none of these")


@pytest.mark.slow
def test_a_step_is_done_again_and_a_job_removed_by_the_command_line(service: "Service", test_data: Path):
    submitted = ask(service, "jobs", "submit", test_data / "odd" / "made_one_frame.mp4", "--wait", "--json")
    job_id = json.loads(submitted.stdout)["id"]
    refused = ask(service, "jobs", "retry", job_id, "--step", "nonsense")
    assert "one of pose, analyze, overlay, report, export" in str(refused.exception)
    assert ask(service, "jobs", "retry", job_id, "--step", "report").exit_code == 0
    assert ask(service, "jobs", "watch", job_id).exit_code == 0
    assert "queued again from step report" in ask(service, "jobs", "logs", job_id).stdout
    declined = CliRunner().invoke(cli, ["jobs", "remove", job_id, "--url", service.url], input="n\n")
    assert declined.exit_code == 2
    assert ask(service, "jobs", "show", job_id).exit_code == 0
    assert ask(service, "jobs", "remove", job_id, "--yes").exit_code == 0
    with ServiceClient(service.url) as client, pytest.raises(JobNotFoundError):
        client.job(job_id)


def test_progress_counts_every_byte_of_an_upload_once(service: "Service", test_data: Path):
    video, seen = test_data / "odd" / "made_one_frame.mp4", []
    with ServiceClient(service.url) as client:
        key = "the same"
        first = client.submit([video], key=key, on_progress=lambda done, total: seen.append((done, total)))
        assert client.submit([video], key=key).id == first.id
        client.events(first.id)
    assert seen[-1] == (video.stat().st_size,) * 2
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_the_status_of_the_service_in_a_few_lines(service: "Service", done: Path):
    result = ask(service, "status")
    assert result.exit_code == 0
    assert result.stdout.startswith("ready")
    assert "PoseModel: 1 running" in result.stdout
    assert "GB free" in result.stdout
    assert json.loads(ask(service, "status", "--json").stdout)["jobs"]["processed"] >= 1


def test_no_service_is_one_line_with_what_to_do():
    with (
        ServiceClient("http://127.0.0.1:1") as client,
        pytest.raises(ServiceUnreachableError, match="neuropose-ray serve"),
    ):
        client.status()


@pytest.mark.parametrize("url", ["http://[::1", "127.0.0.1:8000", "ftp://127.0.0.1", "http://"])
def test_what_is_no_url_of_a_service_is_refused_at_once(url: str):
    with pytest.raises(SettingsError):
        ServiceClient(url)
