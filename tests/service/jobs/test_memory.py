"""Steps wait for memory, the job says so, and goes on when there is some."""

from pathlib import Path

import pytest
from support.job_manager import request_for

from neuropose_ray.service.jobs.memory import MemoryBound, available_memory


@pytest.mark.parametrize(("free", "waits"), [(999, True), (1000, False), (1001, False)])
def test_a_step_waits_below_the_bound(free: int, waits: bool):
    assert (MemoryBound(1000, lambda: free).shortage() is not None) == waits


def test_the_shortage_is_told_in_megabytes():
    assert MemoryBound(512_000_000, lambda: 100_400_000).shortage() == "memory: 100 MB are free, 512 MB are kept"


def test_without_a_bound_nothing_is_looked_at():
    assert MemoryBound(0, lambda: pytest.fail("it was asked")).shortage() is None
    assert available_memory() > 0


@pytest.mark.slow
def test_a_job_waits_says_so_and_can_be_cancelled_or_goes_on_in_a_service_with_memory(start, data: Path, video: Path):
    manager = start(min_free_memory_bytes=2**60)
    waits, cancelled = (request_for(data, video, workflow="poses") for _ in range(2))
    for request in (waits, cancelled):
        manager("submit", request)
        job = manager.when(request.id, lambda job: job.progress.waits_for is not None)
        assert job.state == "running"
        assert job.progress.waits_for.startswith("memory: ")
        assert job.progress.waits_for.endswith(f"{2**60 // 10**6} MB are kept")
    assert manager("cancel", cancelled.id).state == "cancelled"
    assert any("pose waits for memory" in line for line in manager("log", waits.id))
    manager = start(min_free_memory_bytes=1)
    assert manager.ended(waits.id, cancelled.id)[0].state == "completed"
    assert manager("job", cancelled.id).state == "cancelled"
