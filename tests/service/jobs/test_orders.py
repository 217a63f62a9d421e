"""What the queue does after each order, and how a service comes to its end."""

import time
from pathlib import Path

import pytest
from support.job_manager import Gate, request_for

from neuropose_ray.errors import DrainingError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.mode import begin_mode, read_mode


def until_mode(data: Path, mode: str) -> None:
    until = time.monotonic() + 30
    while read_mode(DataFolder(data)) != mode:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
def test_a_service_that_is_to_end_finishes_what_runs_and_leaves_what_waits_to_the_next_one(
    start, data: Path, video: Path
):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    runs, waits = (request_for(data, video, workflow="poses") for _ in range(2))
    manager("submit", runs)
    manager.when(runs.id, lambda job: job.state == "running" and gate.asked == 1)
    manager("submit", waits)
    assert manager("control", "drain", end=True).mode == "ending"
    with pytest.raises(DrainingError):
        manager("submit", request_for(data, video, workflow="poses"))
    time.sleep(1.5)
    assert read_mode(DataFolder(data)) == "ending", "a job runs"
    gate.open.set()
    assert manager.ended(runs.id)[0].state == "completed"
    until_mode(data, "ended")
    assert manager("job", waits.id).state == "queued"
    begin_mode(DataFolder(data))  # as the next deployment does
    manager = start({"engines": gate}, running=1)
    assert manager("status").mode == "running"
    assert manager.ended(waits.id)[0].state == "completed"


@pytest.mark.slow
def test_a_manager_that_is_replaced_goes_on_ending_and_an_order_takes_it_back(start, data: Path, video: Path):
    manager = start()
    manager("control", "drain", end=True)
    until_mode(data, "ended")
    manager = start()
    assert manager("status").mode == "ended"
    assert manager("control", "resume").mode == "running"
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    assert manager.ended(request.id)[0].state == "completed"
