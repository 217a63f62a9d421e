import asyncio
import itertools
import shutil
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.job_manager import DirectTasks, Manager, request_for, settings_for, threads

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, write_synthetic_video
from neuropose_ray.errors import (
    DrainingError,
    EngineError,
    JobNotFoundError,
    JobStateError,
    ModelError,
    OverloadedError,
    RequestError,
    ServiceError,
    SettingsError,
    StorageFullError,
)
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.jobs.durable import MOST_STARTS

SCENES = 4


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "v.mp4"
    write_synthetic_video(path, SCENES)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has its tables: to make them takes a second."""
    folder = tmp_path_factory.mktemp("database")
    Manager(settings_for(folder)).close()
    return folder / "service.sqlite"


@pytest.fixture
def start(data: Path, new_database: Path):
    """Start a manager; the one before is closed."""
    running: list[Manager] = []
    data.mkdir()
    shutil.copyfile(new_database, data / new_database.name)

    def started(parts=None, **jobs) -> Manager:
        for manager in running:
            manager.close()
        running[:] = [Manager(settings_for(data, **jobs), **(parts or {}))]
        return running[0]

    yield started
    for manager in running:
        manager.close()


class Gate:
    """An engine that begins when it is let, and notes in which order jobs asked."""

    def __init__(self) -> None:
        self.open, self.asked = threading.Event(), 0

    @contextmanager
    def __call__(self, should_stop):
        from neuropose_ray.errors import JobCancelledError

        self.asked += 1
        while not self.open.wait(0.02):
            if should_stop():
                raise JobCancelledError("told to stop")
        with threads(should_stop) as engine:
            yield engine


class Faults:
    """An engine that fails as often as it is told, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.tries = list(errors), 0

    @contextmanager
    def __call__(self, should_stop):
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        with threads(should_stop) as engine:
            yield engine


def test_the_standard_workflow_leaves_poses_analysis_overlay_and_report(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video)
    first = manager("submit", request)
    (job,) = manager.ended(request.id)
    assert first.state in ("queued", "running")
    assert (job.state, job.error, job.progress.percent, job.progress.stage) == ("completed", None, 100, None)
    assert job.submitted_at <= job.started_at <= job.ended_at
    assert {artifact.path for artifact in job.artifacts} >= {
        "summary.json", "v/predictions.parquet", "v/results.json", "v/analysis.json", "v/overlay.mp4", "v/report.html"
    }  # fmt: skip
    table, _ = read_predictions(data / "jobs" / request.id / "results" / "v" / "predictions.parquet")
    assert table.frame_count == SCENES * SCENE_FRAMES
    results = data / "jobs" / request.id / "results"
    for name in ("summary.json", "v/analysis.json", "v/results.json", "v/report.html"):
        assert str(data) not in (results / name).read_text("utf-8"), "a place of this machine"
    for line, expected in zip(manager("log", request.id), ("submitted", "started", "step 1, pose"), strict=False):
        assert expected in line


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


def test_a_bad_video_is_a_warning_and_the_rest_is_done(start, data: Path, video: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    manager = start()
    request = request_for(data, video, broken, workflow="quick")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert job.state == "completed"
    assert [(warning.code, warning.step, warning.input) for warning in job.warnings] == [
        ("video_unreadable", "pose", "broken.mp4")
    ]
    assert "/" not in job.warnings[0].message
    assert (data / "jobs" / request.id / "results" / "v" / "exports" / "predictions.trc").is_file()


def test_a_job_without_a_good_video_fails_says_why_and_keeps_its_inputs(start, data: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    manager = start()
    request = request_for(data, broken)
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, job.error.step, job.error.input) == (
        "failed", "video_unreadable", "pose", "broken.mp4"
    )  # fmt: skip
    assert job.progress.percent < 100
    assert (data / "jobs" / request.id / "uploads" / "broken.mp4").is_file()


def test_errors_that_may_go_away_are_tried_again_until_they_do(start, data: Path, video: Path):
    faults = Faults(EngineError("a worker was lost"), RuntimeError("nobody foresaw this"))
    manager = start({"engines": faults})
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, faults.tries) == ("completed", 3)
    assert sum("tried again" in line for line in manager("log", request.id)) == 2


@pytest.mark.parametrize(
    ("errors", "tries", "code"),
    [([ModelError("has no such output")] * 5, 1, "model"), ([EngineError("lost")] * 5, 3, "engine"),
     ([RuntimeError("/secret/place")] * 5, 3, "internal")],
)  # fmt: skip
def test_other_errors_end_the_job_at_once_and_passing_ones_after_the_last_try(
    start, data: Path, video: Path, errors, tries: int, code: str
):
    faults = Faults(*errors)
    manager = start({"engines": faults})
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, faults.tries) == ("failed", code, tries)
    assert "secret" not in job.error.message


def test_a_failed_job_goes_on_with_the_step_that_failed(start, data: Path, video: Path):
    class Failing(DirectTasks):
        broken = True

        def run(self, kind, function, videos, should_stop):
            for place in videos:
                yield place, EngineError("lost") if self.broken else function(place)

    faults, tasks = Faults(), Failing()
    manager = start({"engines": faults, "tasks": tasks})
    request = request_for(data, video, workflow="two")
    manager("submit", request)
    (failed,) = manager.ended(request.id)
    assert (failed.state, failed.error.step) == ("failed", "export")
    tasks.broken = False
    assert manager("retry", request.id).progress.percent >= failed.progress.percent
    (job,) = manager.ended(request.id)
    assert (job.state, job.attempts, faults.tries) == ("completed", 2, 1)
    with pytest.raises(JobStateError):
        manager("retry", request.id)


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


def test_a_running_job_is_cancelled_at_once_its_step_soon_and_it_can_be_tried_again(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    first, second = (request_for(data, video, workflow="poses") for _ in range(2))
    for request in (first, second):
        manager("submit", request)
    manager.when(first.id, lambda job: job.state == "running" and gate.asked == 1)
    assert manager("cancel", first.id).state == "cancelled"
    assert manager("cancel", second.id).state == "cancelled"
    until = time.monotonic() + 10
    while manager.manager._executor.running(first.id) is not None:
        assert time.monotonic() < until
        time.sleep(0.01)
    gate.open.set()
    manager("retry", first.id)
    (job,) = manager.ended(first.id)
    assert job.state == "completed"
    assert manager("job", second.id).state == "cancelled"
    with pytest.raises(JobStateError):
        manager("cancel", first.id)


def test_a_step_that_takes_too_long_is_given_up(start, data: Path, video: Path):
    hasty = {"steps": [{"kind": "pose", "timeout_s": 0.2, "max_attempts": 2}]}
    gate = Gate()
    manager = start({"engines": gate}, workflows={"hasty": hasty})
    request = request_for(data, video, workflow="hasty")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, gate.asked) == ("failed", "step_timeout", 2)


def test_no_more_jobs_run_at_once_than_allowed_and_the_most_urgent_is_next(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    order = [request_for(data, video, workflow="poses", priority=priority) for priority in (5, 2, 10, 5)]
    manager("submit", order[0])
    manager.when(order[0].id, lambda job: job.state == "running" and gate.asked == 1)
    for request in order[1:]:
        manager("submit", request)
    assert manager("status").queued == 3
    gate.open.set()
    jobs = manager.ended(*(request.id for request in order))
    by_start = sorted(jobs, key=lambda job: job.started_at)
    assert [job.priority for job in by_start] == [5, 10, 5, 2]
    assert all(one.ended_at <= other.started_at for one, other in itertools.pairwise(by_start))


def test_progress_never_goes_back_and_is_whole_only_at_the_end(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video, workflow="quick")
    manager("submit", request)
    seen = []
    while (job := manager("job", request.id)).state in ("queued", "running"):
        seen.append(job.progress.percent)
        time.sleep(0.005)
    assert job.progress.percent == 100
    assert seen == sorted(seen)
    assert max(seen) < 100


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


def test_jobs_are_listed_newest_first_in_pages_and_by_state_label_and_source(start, data: Path, video: Path):
    manager = start()
    manager("control", "pause")
    requests = [
        request_for(data, video, labels={"patient": f"p{number % 2}"}, source=("http", "inbox")[number // 4])
        for number in range(5)
    ]
    for request in requests:
        manager("submit", request)
    newest = [request.id for request in reversed(requests)]
    pages, after = [], None
    while True:
        page = manager("jobs", limit=2, after=after)
        pages.append([job.id for job in page.jobs])
        if (after := page.next) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [job_id for page in pages for job_id in page] == newest
    assert [job.id for job in manager("jobs", label="patient=p1").jobs] == [newest[1], newest[3]]
    assert len(manager("jobs", label="patient").jobs) == 5
    assert [job.id for job in manager("jobs", source="inbox").jobs] == newest[:1]
    assert not manager("jobs", state="completed").jobs
    with pytest.raises(RequestError):
        manager("jobs", after="'; drop table")


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
    book = manager.manager._book
    book.clear_removed()
    assert (data / "jobs" / requests[0].id / "results").exists(), "too early"
    book.clear_removed(after_s=0.0)
    assert not (data / "jobs" / requests[0].id).exists()
    assert [path.name for path in (data / "jobs" / requests[1].id).iterdir()] == ["uploads"]


def test_old_jobs_are_removed_as_the_settings_say(start, data: Path, video: Path):
    manager = start(keep_days=1e-6)
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    manager.ended(request.id)
    time.sleep(0.2)
    assert manager.manager._book.remove_outdated() == (request.id,)
    assert not (data / "jobs" / request.id).exists()


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


def test_an_unknown_workflow_is_refused(start, data: Path, video: Path):
    with pytest.raises(RequestError, match="standard"):
        start()("submit", request_for(data, video, workflow="nonsense"))


def test_wrong_settings_of_a_step_are_refused_before_anything_starts(data: Path):
    wrong = {"mine": {"steps": [{"kind": "pose"}, {"kind": "overlay", "with": {"blur": True}}]}}
    with pytest.raises(SettingsError, match=r"workflow 'mine', step 2 \(overlay\): blur"):
        Manager(settings_for(data, workflows=wrong))
    assert not data.exists()


def test_two_managers_do_not_work_in_one_folder(start, data: Path):
    from neuropose_ray.errors import ServiceRunningError
    from neuropose_ray.service.inbox.lock import FolderLock

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
