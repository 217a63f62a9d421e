"""What is known of jobs, what is taken on, and what is removed."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.job_manager import Gate, request_for

from neuropose_ray.errors import (
    JobNotFoundError,
    JobStateError,
    OverloadedError,
    RequestError,
    StorageFullError,
)


def test_a_request_that_comes_again_is_the_same_job_and_other_work_under_its_id_is_refused(
    start, data: Path, video: Path
):
    manager = start()
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    again = request.model_copy(update={"submitted_at": datetime.now(UTC)})
    assert manager("submit", again).id == request.id
    with pytest.raises(JobStateError):
        manager("submit", request.model_copy(update={"priority": 9}))
    assert len(manager("jobs").jobs) == 1


def test_a_job_of_the_inbox_is_tried_again_by_its_folder_alone(start, data: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    manager = start()
    request = request_for(data, broken, source="inbox", folder="trial")
    manager("submit", request)
    assert manager.ended(request.id)[0].state == "failed"
    with pytest.raises(JobStateError, match="move its folder from failed/ back to in/"):
        manager("retry", request.id)
    assert manager("job", request.id).state == "failed"


@pytest.mark.slow
def test_a_full_queue_and_a_full_disk_take_no_more(start, data: Path, video: Path):
    manager = start({"engines": Gate()}, queued=1, running=1)
    first, second, third = (request_for(data, video, workflow="poses") for _ in range(3))
    manager("submit", first)
    manager.when(first.id, lambda job: job.state == "running")
    manager("submit", second)
    with pytest.raises(OverloadedError):
        manager("submit", third)
    manager = start({"engines": Gate()}, min_free_bytes=2**60)
    with pytest.raises(StorageFullError):
        manager("submit", third)


def test_an_ended_job_can_be_removed_with_its_files_and_a_running_one_cannot(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    with pytest.raises(JobStateError):
        manager("remove", request.id)
    manager.ended(request.id)
    manager("remove", request.id)
    assert not (data / "jobs" / request.id).exists()
    for method in ("job", "log", "cancel", "retry", "remove"):
        with pytest.raises(JobNotFoundError):
            manager(method, request.id)


def test_what_a_replica_still_writes_for_a_removed_job_is_deleted_and_a_new_jobs_uploads_are_not(
    start, data: Path, video: Path
):
    manager = start({"engines": Gate()})
    requests = [request_for(data, video, workflow="poses") for _ in range(2)]
    for request in requests:
        manager("submit", request)
        manager("cancel", request.id)
        while manager.manager._executor.running(request.id) is not None:
            time.sleep(0.01)
        manager("remove", request.id)
        (data / "jobs" / request.id / "results" / "v" / "chunks").mkdir(parents=True)
    request_for(data, video, id=requests[1].id)  # the same Idempotency-Key again, not yet submitted
    service = manager.manager._service
    service.clear_removed()
    assert (data / "jobs" / requests[0].id / "results").exists(), "too early"
    service.clear_removed(after_s=0.0)
    assert not (data / "jobs" / requests[0].id).exists()
    assert [path.name for path in (data / "jobs" / requests[1].id).iterdir()] == ["uploads"]


def test_old_jobs_are_removed_as_the_settings_say(start, data: Path, video: Path):
    manager = start(keep_days=1e-6)
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    manager.ended(request.id)
    time.sleep(0.2)
    assert manager.manager._service.remove_outdated() == (request.id,)
    assert not (data / "jobs" / request.id).exists()


@pytest.mark.slow
def test_results_in_the_inboxs_folder_count_and_stay(start, data: Path, video: Path):
    manager = start(keep_bytes=1_000_000)
    requests = [request_for(data, video, workflow="poses") for _ in range(2)]
    for request in requests:
        manager("submit", request)
    manager.ended(*(request.id for request in requests))
    assert manager.manager._service.remove_outdated() == ()
    delivered = data / "out" / "trial"
    delivered.mkdir(parents=True)
    (delivered / "overlay.mp4").write_bytes(b"x" * 1_000_000)
    assert set(manager.manager._service.remove_outdated()) == {request.id for request in requests}
    assert (delivered / "overlay.mp4").exists()


@pytest.mark.slow
def test_numbers_of_the_service(start, data: Path, video: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    manager = start()
    good, bad = request_for(data, video, workflow="poses"), request_for(data, broken, workflow="poses")
    for request in (good, bad):
        manager("submit", request)
    manager.ended(good.id, bad.id)
    status = manager("status")
    assert (status.active, status.queued, status.processed, status.errors) == (0, 0, 1, 1)
    assert status.queues["jobs"].oldest_s is None
    assert status.disk_free_bytes > 0
    assert (status.slowest_step.kind, status.slowest_step.ended) == ("pose", 2)
    assert 0 < status.slowest_step.mean_s <= status.slowest_step.longest_s


def test_an_unknown_workflow_is_refused(start, data: Path, video: Path):
    with pytest.raises(RequestError, match="standard"):
        start()("submit", request_for(data, video, workflow="nonsense"))
