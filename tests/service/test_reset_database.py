"""A queue in PostgreSQL made empty: all jobs of this program, and nothing of another one in the same database."""

from pathlib import Path

import pytest
from support.job_manager import Manager, request_for, settings_for
from support.ports import free_port
from typer.testing import CliRunner

from neuropose_ray.benchmark.synthetic import write_synthetic_video
from neuropose_ray.cli.main import app
from neuropose_ray.errors import ServiceError
from neuropose_ray.service.reset_database import JobDatabase
from neuropose_ray.service.settings import ServiceSettings


@pytest.mark.slow
def test_all_jobs_go_and_the_queue_works_afterwards(tmp_path: Path, postgres: str, postgres_server, monkeypatch):
    import psycopg

    url = postgres_server.new_database("reset")
    video, data = tmp_path / "v.mp4", tmp_path / "data"
    write_synthetic_video(video, 1)
    settings = settings_for(data, url)
    database = JobDatabase(settings.service)
    assert database.count() == database.clear() == 0, "there are no tables yet"
    manager = Manager(settings)
    requests = [request_for(data, video, workflow="poses") for _ in range(3)]
    for request in requests:
        manager("submit", request)
    manager.ended(*(request.id for request in requests))
    manager("control", "pause")
    waits = request_for(data, video, workflow="poses")
    manager("submit", waits)
    manager.close()
    with psycopg.connect(url) as other:  # somebody else's queue of the same name
        copied = "INSERT INTO dbos.workflow_status (workflow_uuid, status, name, queue_name, application_name) "
        other.execute(f"{copied} VALUES ('theirs', 'SUCCESS', 'job', 'jobs', 'another program')")
    monkeypatch.setenv("NEUROPOSE_SERVICE__JOBS__DATABASE_URL", url)
    listed = CliRunner().invoke(app, ["reset", "--data", str(data), "--dry-run"])
    assert listed.stdout.splitlines()[-2].endswith("and 4 jobs in the PostgreSQL database")
    assert database.count() == 4
    done = CliRunner().invoke(app, ["reset", "--data", str(data), "--yes"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1].endswith("and 4 jobs in the PostgreSQL database")
    assert database.count() == 0
    with psycopg.connect(url) as other:
        assert other.execute("SELECT workflow_uuid FROM dbos.workflow_status").fetchall() == [("theirs",)]
    manager = Manager(settings)
    assert manager("jobs").jobs == ()
    again = request_for(data, video, workflow="poses")
    manager("submit", again)
    assert manager.ended(again.id)[0].state == "completed"
    manager.close()


def test_a_database_that_does_not_answer_is_an_error_before_anything_is_removed(tmp_path: Path, monkeypatch):
    url = f"postgresql://anna:correct-horse@127.0.0.1:{free_port()}/jobs"
    (tmp_path / "in" / "trial").mkdir(parents=True)
    with pytest.raises(ServiceError, match="does not answer") as caught:
        JobDatabase(ServiceSettings(data_dir=tmp_path, jobs={"database_url": url})).count()
    assert "correct-horse" not in str(caught.value)
    monkeypatch.setenv("NEUROPOSE_SERVICE__JOBS__DATABASE_URL", url)
    done = CliRunner().invoke(app, ["reset", "--data", str(tmp_path), "--yes"])
    assert done.exit_code == 1
    assert (tmp_path / "in" / "trial").exists()


def test_a_queue_in_a_file_is_no_business_of_this(tmp_path: Path):
    for url in (None, f"sqlite:///{tmp_path / 'jobs.sqlite'}"):
        assert JobDatabase(ServiceSettings(data_dir=tmp_path, jobs={"database_url": url})).clear() == 0
    assert list(tmp_path.iterdir()) == []
