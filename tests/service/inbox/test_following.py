"""What becomes of a drop: its job's results in ``out``, or its folder in ``failed``."""

import json
import shutil
import time
from pathlib import Path

import pytest
from support.inbox import WHOLE, drop, eventually, running, status
from support.jobs_in_files import JobsInFiles

from neuropose_ray.errors import DrainingError, RequestError
from neuropose_ray.schemas.jobs import JobError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.status_file import load_status


@pytest.mark.slow
def test_a_folder_whose_job_fails_while_it_is_copied_on_is_not_moved_but_done_anew(data, jobs):
    with running(data, jobs):
        folder = drop(data, "trial", "walk.mp4", content=WHOLE[:-1])
        eventually(jobs.all)
        (first,) = jobs.all()
        (folder / "walk.mp4").write_bytes(WHOLE)
        jobs.set(first, "failed")
        eventually(lambda: len(jobs.all()) == 2)
        (second,) = (job for job in jobs.all() if job.id != first.id)
        jobs.set(second, "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
    assert not list(data.failed.iterdir())


@pytest.mark.slow
def test_a_failed_job_goes_to_failed_and_runs_again_when_it_is_moved_back(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        for attempt in range(2):
            if attempt:
                (data.failed / "trial").rename(data.inbox / "trial")
                (data.failed / "trial").mkdir()
            else:
                drop(data, "trial", "walk.mp4")
            eventually(lambda attempt=attempt: len(jobs.all()) == attempt + 1)
            error = JobError(code="video_unreadable", message=f"broken {attempt}")
            jobs.set(jobs.all()[attempt], "failed", error=error)
            eventually(lambda: status(data) == {"trial": "failed"})
        assert load_status(data.status_file)["trial"].error == "video_unreadable: broken 1"
        eventually(lambda: [path.name for path in (data.failed / "trial.1").iterdir()] == ["walk.mp4"])
        (data.failed / "trial.1").rename(data.inbox / "trial")
        eventually(lambda: len(jobs.all()) == 3)
        jobs.set(jobs.all()[2], "completed")
        eventually(lambda: status(data) == {"trial": "completed"})


def test_a_folder_that_is_removed_while_its_job_waits_is_done_all_the_same(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        shutil.rmtree(_taken(data, jobs))
    with running(data, jobs):
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: (data.outbox / "trial" / "results.json").exists())
    assert (data.job(jobs.all()[0].id).uploads / "walk.mp4").read_bytes() == b"a video"


def _taken(data: DataFolder, jobs: JobsInFiles) -> Path:
    folder = drop(data, "trial", "walk.mp4")
    eventually(jobs.all)
    return folder


def test_a_service_that_takes_no_jobs_now_gets_them_later_and_one_that_never_will_fails_them(
    data: DataFolder, jobs: JobsInFiles
):
    jobs.refusal = DrainingError("no new jobs")
    with running(data, jobs):
        drop(data, "trial", "walk.mp4")
        eventually(lambda: status(data) == {"trial": "processing"})
        time.sleep(0.3)
        jobs.refusal = None
        eventually(jobs.all)
        jobs.refusal = RequestError("there is no such workflow")
        drop(data, "other", "walk.mp4")
        eventually(lambda: status(data).get("other") == "failed")
    assert (data.failed / "other" / "walk.mp4").exists()


@pytest.mark.slow
def test_a_folder_that_cannot_be_moved_to_failed_keeps_no_other_waiting(data: DataFolder, jobs: JobsInFiles):
    jobs.refusal = RequestError("there is no such workflow")
    with running(data, jobs):
        eventually(data.status_file.exists)  # it has begun, and makes its folders no more
        data.failed.rmdir()
        data.failed.write_bytes(b"no folder")
        drop(data, "refused", "walk.mp4")
        eventually(lambda: status(data) == {"refused": "processing"})
        time.sleep(0.5)
        jobs.refused_folder = "refused"
        drop(data, "trial", "walk.mp4")
        eventually(jobs.all)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: status(data)["trial"] == "completed")
        data.failed.unlink()
        data.failed.mkdir()
        eventually(lambda: status(data)["refused"] == "failed")
    assert (data.failed / "refused" / "walk.mp4").exists()


def test_videos_without_a_result_are_named_in_the_status_of_a_completed_folder(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        drop(data, "trial", "walk.mp4", "broken.mp4")
        eventually(jobs.all)
        warning = JobError(code="video_unreadable", message="it is cut off", input="broken.mp4")
        jobs.set(jobs.all()[0], "completed", warnings=(warning,))
        eventually(lambda: status(data) == {"trial": "completed"})
    assert load_status(data.status_file)["trial"].error == "broken.mp4: it is cut off"
    assert list(json.loads((data.outbox / "trial" / "results.json").read_text())) == ["walk.mp4"]
