"""The same life of jobs in SQLite and in PostgreSQL."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from support.job_manager import Manager, request_for, settings_for

from neuropose_ray.benchmark.synthetic import write_synthetic_video


def test_jobs_are_done_listed_cancelled_tried_again_paused_and_found_again(
    database: Callable[[], str | None], tmp_path: Path
):
    data, url, video, broken = tmp_path / "data", database(), tmp_path / "v.mp4", tmp_path / "broken.mp4"
    write_synthetic_video(video, 2)
    broken.write_bytes(b"no video")
    other, bad, urgent = (
        request_for(data, video, workflow="poses", priority=1),
        request_for(data, broken, workflow="poses"),
        request_for(data, video, workflow="quick", priority=10, labels={"patient": "p1"}),
    )
    with closing(Manager(settings_for(data, url))) as manager:
        manager("control", "pause")
        for request in (other, bad, urgent):
            manager("submit", request)
        assert manager("status").queues["jobs"].depth == 3
        assert manager("cancel", other.id).state == "cancelled"
        manager("retry", other.id)
        pages = [manager("jobs", limit=2)]
        pages.append(manager("jobs", limit=2, after=pages[0].next))
        assert [job.id for page in pages for job in page.jobs] == [urgent.id, bad.id, other.id]
    with closing(Manager(settings_for(data, url, running=1))) as manager:
        time.sleep(0.5)
        assert manager("status").mode == "paused"
        assert {job.state for job in manager("jobs").jobs} == {"queued"}
        manager("control", "resume")
        first, second, third = manager.ended(urgent.id, bad.id, other.id)
        assert [first.state, second.state, third.state] == ["completed", "failed", "completed"]
        assert first.started_at < second.started_at < third.started_at
        assert [job.id for job in manager("jobs", label="patient=p1", state="completed").jobs] == [urgent.id]
        manager("remove", bad.id)
        assert (manager("status").processed, manager("status").errors) == (2, 0)
