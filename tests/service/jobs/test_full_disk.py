"""Jobs on a disk that is full: they wait for space, say so, and end as they would have."""

import errno
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.job_manager import DirectTasks, Manager, request_for, settings_for
from support.small_disk import Ballast, small_disk

from neuropose_ray.errors import DiskFullError, StorageFullError
from neuropose_ray.schemas.workflows import Step, Workflow
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.durable_work import Pauses
from neuropose_ray.service.jobs.execution import WAITS_FOR_SPACE, Executor


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=24) as folder:
        yield folder


class Held(DirectTasks):
    """Steps after the poses that begin when they are let."""

    def __init__(self) -> None:
        self.asked, self.open = threading.Event(), threading.Event()

    def run(self, kind, function, videos, should_stop):
        self.asked.set()
        assert self.open.wait(60)
        yield from super().run(kind, function, videos, should_stop)


def copy_of(video: Path, disk: Path) -> Path:
    """Uploads are hard links, which know one disk."""
    (disk / "given").mkdir()
    copied = disk / "given" / video.name
    copied.write_bytes(video.read_bytes())
    return copied


def test_a_job_that_finds_the_disk_full_waits_says_so_and_completes_when_there_is_space(disk: Path, video: Path):
    tasks = Held()
    manager = Manager(settings_for(disk / "data"), tasks=tasks)
    try:
        request = request_for(disk / "data", copy_of(video, disk), workflow="quick")
        manager("submit", request)
        assert tasks.asked.wait(60)
        ballast = Ballast(disk)
        ballast.fill()
        tasks.open.set()
        waiting = manager.when(request.id, lambda job: job.progress.waits_for is not None)
        assert (waiting.state, waiting.progress.waits_for) == ("running", WAITS_FOR_SPACE)
        time.sleep(2)  # several more tries than a step has
        assert manager("job", request.id).state == "running"
        with pytest.raises(StorageFullError):
            manager("submit", request.model_copy(update={"id": "0" * 32}))
        ballast.remove()
        (job,) = manager.ended(request.id)
        assert (job.state, job.error, job.warnings, job.progress.waits_for) == ("completed", None, (), None)
        assert {artifact.path for artifact in job.artifacts} >= {"v/analysis.json", "v/exports/predictions.trc"}
    finally:
        manager.close()


def test_a_disk_that_stays_full_for_days_spends_no_try_of_a_step(tmp_path: Path):
    waits = 1100

    class FullFor:
        left = waits

        def __call__(self, work, options):
            self.left -= 1
            if self.left >= 0:
                raise StorageFullError("no space")
            return []

    data, full = DataFolder(tmp_path), FullFor()
    executor = Executor(
        data, settings_for(tmp_path), full, None, attributes=lambda _: {"started_at": "before"},
        note=lambda *_, **__: None, meter=None, pauses=Pauses(first_s=1e-9, longest_s=1e-9),
    )  # fmt: skip
    (tmp_path / "walk.mp4").touch()
    request = request_for(tmp_path, tmp_path / "walk.mp4")
    workflow = Workflow(steps=(Step(kind="pose", max_attempts=1),))
    assert executor.perform(request, workflow, lambda _, function: function()) == []
    assert data.job(request.id).log.read_text().count(f"waits for {WAITS_FOR_SPACE}") == waits


@pytest.mark.slow
def test_a_disk_that_is_full_before_the_poses_are_made_costs_no_job(disk: Path, video: Path):
    manager = Manager(settings_for(disk / "data", running=2))
    try:
        given = copy_of(video, disk)
        requests = [request_for(disk / "data", given, workflow="quick") for _ in range(4)]
        manager("control", "pause")
        for request in requests:
            manager("submit", request)
        ballast = Ballast(disk)
        ballast.fill(left_bytes=200_000)  # the database may still begin what it cannot end
        manager("control", "resume")
        time.sleep(4)
        ballast.remove()
        until = time.monotonic() + 60
        while time.monotonic() < until and any(manager("job", request.id).ended_at is None for request in requests):
            manager.manager._service.resume_lost(after_s=1.0)
            time.sleep(0.5)
        jobs = manager.ended(*(request.id for request in requests))
        assert {(job.state, job.error, job.warnings) for job in jobs} == {("completed", None, ())}
    finally:
        manager.close()


@pytest.mark.slow
def test_a_waiting_job_can_be_cancelled(start, data: Path, video: Path):
    class Full(DirectTasks):
        def run(self, kind, function, videos, should_stop):
            for place in videos:
                yield place, DiskFullError("cannot be written: No space left on device")

    manager = start({"tasks": Full()})
    request = request_for(data, video, workflow="two")
    manager("submit", request)
    manager.when(request.id, lambda job: job.progress.waits_for is not None)
    assert manager("cancel", request.id).state == "cancelled"
    until = time.monotonic() + 10
    while manager.manager._executor.holds(request.id):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert manager("job", request.id).progress.waits_for is None


def test_what_a_library_says_of_a_full_disk_is_understood_like_our_own_error(start, data: Path, video: Path):
    class Library(DirectTasks):
        tries = 0

        def run(self, kind, function, videos, should_stop):
            for place in videos:
                self.tries += 1
                try:
                    if self.tries == 1:
                        raise OSError(errno.ENOSPC, "No space left on device")
                    yield place, function(place)
                except OSError as error:
                    wrapped = RuntimeError("cannot encode")
                    wrapped.__cause__ = error
                    yield place, wrapped

    manager = start({"tasks": Library()})
    request = request_for(data, video, workflow="two")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.warnings) == ("completed", ())
    assert sum("waits for space" in line for line in manager("log", request.id)) == 1


@pytest.mark.slow
def test_a_running_job_that_nothing_works_on_is_queued_again_once(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video, workflow="poses")
    execute = manager.manager._executor._perform
    dropped = []

    def drop_once(*args):
        from neuropose_ray.service.durable_work import ExecutionStoppedError

        if not dropped:
            dropped.append(1)
            raise ExecutionStoppedError
        return execute(*args)

    manager.manager._executor._perform = drop_once
    manager("submit", request)
    until = time.monotonic() + 30
    while not dropped or manager.manager._executor.holds(request.id):
        assert time.monotonic() < until
        time.sleep(0.01)
    service = manager.manager._service
    assert service.resume_lost(after_s=0.5) == ()
    assert manager("job", request.id).state == "running"
    time.sleep(0.6)
    assert service.resume_lost(after_s=0.5) == (request.id,)
    (job,) = manager.ended(request.id)
    assert job.state == "completed"
    assert service.resume_lost(after_s=0.0) == ()
