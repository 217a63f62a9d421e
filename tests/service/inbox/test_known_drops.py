"""Which folders the inbox has had: over restarts, under the same name, with more videos, from NeuroPose."""

import json
import shutil
import time

import pytest
from support.inbox import drop, eventually, running, status
from support.jobs_in_files import ONE_VIDEO, JobsInFiles

from neuropose_ray.service.data_folder import DataFolder


def test_what_was_done_is_not_done_again_by_the_next_service(data: DataFolder, jobs: JobsInFiles):
    for name in ("a", "b"):
        drop(data, name, "walk.mp4")
    with running(data, jobs):
        eventually(lambda: len(jobs.all()) == 2)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: "completed" in status(data).values())
    data.status_file.write_text("{ damaged")
    with running(data, jobs):
        eventually(lambda: "damaged" not in data.status_file.read_text())
        jobs.set(jobs.all()[1], "completed")
        eventually(lambda: status(data) == {"a": "completed", "b": "completed"})
        time.sleep(0.4)
    assert len(jobs.all()) == 2


@pytest.mark.slow
def test_the_same_name_dropped_again_is_a_new_job_and_older_results_are_kept(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        for count in (1, 2):
            drop(data, "trial", "walk.mp4", content=b"take %d" % count)
            eventually(lambda count=count: len(jobs.all()) == count)
            jobs.set(jobs.all()[-1], "completed")
            eventually(lambda: status(data) == {"trial": "completed"})
            shutil.rmtree(data.inbox / "trial")
            eventually(lambda: not list(data.drops.iterdir()))
    ids = [json.loads((data.outbox / name / "job.json").read_text())["id"] for name in ("trial.1", "trial")]
    assert ids == [job.id for job in jobs.all()]


@pytest.mark.slow
def test_a_video_added_to_a_finished_folder_makes_a_new_job_a_removed_one_does_not(
    data: DataFolder, jobs: JobsInFiles
):
    with running(data, jobs):
        folder = drop(data, "trial", "walk.mp4", "run.mp4")
        eventually(jobs.all)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
        (folder / "run.mp4").unlink()
        time.sleep(0.5)
        assert len(jobs.all()) == 1
        (folder / "jump.mp4").write_bytes(b"another")
        eventually(lambda: len(jobs.all()) == 2)
    assert jobs.all()[1].inputs == ("jump.mp4", "walk.mp4")


def test_what_neuropose_completed_in_a_data_folder_is_not_done_again(data: DataFolder, jobs: JobsInFiles):
    drop(data, "old", "walk.mp4")
    drop(data, "new", "walk.mp4")
    (data.outbox / "old").mkdir()
    (data.outbox / "old" / "results.json").write_text(ONE_VIDEO % "walk.mp4")
    entry = {
        "status": "completed", "started_at": "2025-01-01T00:00:00Z", "completed_at": "2025-01-01T00:01:00Z",
        "results_path": "out/old/results.json", "percent_complete": 100.0,
    }  # fmt: skip
    data.status_file.write_text(json.dumps({"old": entry}))
    with running(data, jobs):
        eventually(jobs.all)
        time.sleep(0.3)
    assert [job.folder for job in jobs.all()] == ["new"]
    assert status(data) == {"old": "completed", "new": "processing"}
