"""Orders to the queue as an operator gives them, to a service in this process; and the wait for its end."""

from pathlib import Path

import pytest
from support.local_service import LocalService, local_service
from typer.testing import CliRunner

from neuropose_ray.cli import service_control
from neuropose_ray.cli.main import app
from neuropose_ray.cli.service_control import await_end
from neuropose_ray.errors import ServiceError, ServiceUnreachableError
from neuropose_ray.schemas.jobs import JobsStatus
from neuropose_ray.service.client import ServiceReport
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.lock import FolderLock
from neuropose_ray.service.jobs.mode import begin_mode, read_mode, write_mode


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    with local_service(tmp_path_factory.mktemp("service")) as running:
        yield running


def order(service: LocalService, *words: str) -> str:
    done = CliRunner().invoke(app, ["service", *words, "--url", service.url], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_pause_is_seen_in_status_and_health_and_ends_with_resume(service: LocalService):
    assert order(service, "pause").startswith("paused: jobs are taken, and wait; `neuropose-ray service resume`")
    with service.client() as client:
        assert client.get("/v1/health").json()["mode"] == "paused"
        assert client.get("/v1/status").json()["jobs"]["mode"] == "paused"
    status = CliRunner().invoke(app, ["status", "--url", service.url])
    assert status.stdout.splitlines()[1].startswith("paused: jobs are taken, and wait")
    assert order(service, "resume") == "running: jobs are taken and done (0 active, 0 queued)\n"
    with service.client() as client:
        assert client.get("/v1/health").json()["mode"] == "running"


def test_a_service_that_drains_takes_no_jobs_until_it_is_told_otherwise(service: LocalService):
    assert order(service, "drain", "--no-wait").startswith(("ending: ", "ended: "))
    with service.client() as client:
        answer = client.post("/v1/jobs", json={"inputs": [{"uri": "https://example.org/walk.mp4"}]})
        assert (answer.status_code, answer.json()["code"]) == (503, "draining")
        assert "Retry-After" in answer.headers
    order(service, "resume")
    with service.client() as client:
        answer = client.post("/v1/jobs", json={"inputs": [{"uri": "https://example.org/walk.mp4"}]})
        assert answer.json()["code"] != "draining"


def test_an_order_may_only_be_given_by_an_administrator(tmp_path: Path):
    from neuropose_ray.service.tokens import new_token

    secret, token = new_token("anna", frozenset({"submit"}), None)
    with local_service(tmp_path, tokens=[token.model_dump()]) as service:
        done = CliRunner().invoke(app, ["service", "pause", "--url", service.url], env={"NEUROPOSE_TOKEN": secret})
        assert done.exit_code == 1
        assert "admin" in str(done.exception)
        assert read_mode(service.data) == "running"


class Scripted:
    """A service that says one thing after the other, and then nothing any more."""

    def __init__(self, *reports: tuple[str, int]) -> None:
        self.reports = list(reports)

    def status(self) -> ServiceReport:
        if not self.reports:
            raise ServiceUnreachableError("gone")
        mode, active = self.reports.pop(0)
        jobs = JobsStatus(
            mode=mode, active=active, queued=2, processed=0, errors=0, cancelled=0, uptime_s=1, queues={},
            disk_free_bytes=1,
        )  # fmt: skip
        return ServiceReport(version="1", ready=True, waits_for=(), replicas={}, jobs=jobs)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service_control, "_LOOK_S", 0.0)


def test_the_wait_ends_when_the_service_has_gone_after_its_last_job(at_once, capsys):
    await_end(Scripted(("ending", 2), ("ending", 1), ("ending", 1), ("ended", 0)), None, None, None)
    said = capsys.readouterr().err.splitlines()
    assert said == [f"{n} jobs run, 2 are left to the next service" for n in (2, 1, 0)]


def test_a_service_that_went_away_with_jobs_running_has_not_drained(at_once):
    with pytest.raises(ServiceError, match="went away while 1 jobs ran"):
        await_end(Scripted(("ending", 1)), None, None, None)


def test_another_order_ends_the_wait(at_once):
    with pytest.raises(ServiceError, match="told otherwise"):
        await_end(Scripted(("ending", 1), ("running", 1), ("running", 1)), None, None, None)


def test_a_limit_ends_the_wait_and_not_the_draining(at_once):
    with pytest.raises(ServiceError, match="it drains on"):
        await_end(Scripted(*[("ending", 1)] * 9), None, None, 0.0)


def test_what_serve_deploy_has_deployed_is_not_waited_for_for_ever(at_once, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service_control, "_END_S", 0.0)
    with pytest.raises(ServiceError, match="serve shutdown"):
        await_end(Scripted(*[("ended", 0)] * 9), None, None, None)


def test_a_service_on_this_machine_has_ended_when_it_has_left_its_folder(at_once, tmp_path: Path):
    folder = DataFolder(tmp_path / "data")
    folder.create()
    lock = FolderLock(folder.lock)
    lock.acquire()
    write_mode(folder, "ended")
    with pytest.raises(ServiceError, match="not ended in 0 s"):
        await_end(Scripted(), folder, None, 0.0)
    lock.release()
    await_end(Scripted(), folder, None, None)
    assert begin_mode(folder) == "running"
