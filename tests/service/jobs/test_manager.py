"""The manager as a whole: started, paused, drained, ended, and started again."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.job_manager import Gate, Manager, request_for, settings_for

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import (
    DrainingError,
    ServiceError,
    ServiceRunningError,
    SettingsError,
)
from neuropose_ray.service.inbox.lock import FolderLock
from neuropose_ray.service.jobs.durable import MOST_STARTS


@pytest.mark.slow
def test_a_paused_service_starts_nothing_also_after_it_was_started_again(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate})
    running, waiting = (request_for(data, video, workflow="poses") for _ in range(2))
    manager("submit", running)
    manager.when(running.id, lambda job: job.state == "running" and gate.asked == 1)
    assert manager("control", "pause").mode == "paused"
    manager("submit", waiting)
    gate.open.set()
    assert manager.ended(running.id)[0].state == "completed"
    time.sleep(1)
    assert manager("job", waiting.id).state == "queued"
    manager = start({"engines": gate})
    time.sleep(1)
    assert manager("status").mode == "paused"
    assert manager("job", waiting.id).state == "queued"
    assert manager("control", "resume").mode == "running"
    assert manager.ended(waiting.id)[0].state == "completed"


def test_a_draining_service_takes_nothing_and_finishes_what_waits(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    assert manager("control", "drain").mode == "draining"
    with pytest.raises(DrainingError):
        manager("submit", request_for(data, video, workflow="poses"))
    assert manager("submit", request).id == request.id  # known: it was taken before
    assert manager.ended(request.id)[0].state == "completed"
    manager("control", "resume")
    manager("submit", request_for(data, video, workflow="poses"))


@pytest.mark.slow
def test_a_service_that_is_stopped_leaves_its_jobs_to_the_next_one(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    requests = [request_for(data, video, workflow="poses") for _ in range(3)]
    for request in requests:
        manager("submit", request)
    manager.when(requests[0].id, lambda job: job.state == "running" and gate.asked == 1)
    manager = start(running=1)
    jobs = manager.ended(*(request.id for request in requests))
    assert [job.state for job in jobs] == ["completed"] * 3
    assert jobs[0].attempts == 2


@pytest.mark.slow
def test_serve_ends_it_within_an_event_loop_and_the_next_one_goes_on(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    manager.when(request.id, lambda job: job.state == "running" and gate.asked == 1)

    async def end_replica() -> None:
        manager.manager.__del__()

    asyncio.run(end_replica())
    lock = FolderLock(data / ".neuropose.lock")
    lock.acquire()
    lock.release()
    (job,) = start(running=1).ended(request.id)
    assert (job.state, job.attempts) == ("completed", 2)


@pytest.mark.slow
def test_a_job_in_which_the_service_dies_again_and_again_fails_and_can_be_tried_again(start, data: Path, video: Path):
    manager = start({"engines": Gate()})
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    manager.when(request.id, lambda job: job.state == "running")
    manager.close()
    with closing(sqlite3.connect(data / "service.sqlite")) as database, database:
        database.execute("UPDATE workflow_status SET recovery_attempts = ?", [MOST_STARTS + 1])
    manager = start()
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code) == ("failed", "service_died")
    manager("retry", request.id)
    assert manager.ended(request.id)[0].state == "completed"


def test_wrong_settings_of_a_step_are_refused_before_anything_starts(data: Path):
    wrong = {"mine": {"steps": [{"kind": "pose"}, {"kind": "overlay", "with": {"blur": True}}]}}
    with pytest.raises(SettingsError, match=r"workflow 'mine', step 2 \(overlay\): blur"):
        Manager(settings_for(data, workflows=wrong))
    assert not data.exists()


def test_two_managers_do_not_work_in_one_folder(start, data: Path):
    start()
    with pytest.raises(ServiceRunningError):
        FolderLock(data / ".neuropose.lock").acquire()


def test_a_manager_that_cannot_start_tells_everybody_what_and_nobody_where(tmp_path: Path):
    from neuropose_ray.service.jobs.manager import JobManager

    elsewhere = tmp_path / "secret" / "jobs.sqlite"  # in no folder that exists
    manager = JobManager(settings_for(tmp_path / "data", f"sqlite:///{elsewhere}"), SyntheticSpec(1.0), None)
    try:
        until = time.monotonic() + 30
        while (waits := asyncio.run(manager.ready())) != ("the database of jobs cannot be opened",):
            assert time.monotonic() < until, waits
            time.sleep(0.02)
        with pytest.raises(ServiceError, match="unable to open database file"):
            manager.check_health()
    finally:
        manager.close()
