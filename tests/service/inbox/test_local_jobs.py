"""Jobs of the inbox in this process: each once, in their order, and a bad one ends no other."""

import threading
from datetime import UTC, datetime

import pytest
from support.inbox import eventually

from neuropose_ray.errors import InputNotFoundError, JobNotFoundError
from neuropose_ray.schemas.jobs import JobError, JobInput, JobRequest
from neuropose_ray.service.inbox.local_jobs import LocalJobs, uploaded
from neuropose_ray.service.jobs.failures import StepFailedError
from neuropose_ray.service.settings import load_settings


def request(number, name="walk.mp4"):
    return JobRequest(
        id=f"{number:032x}", inputs=(JobInput(name=name, size_bytes=1),), source="inbox", folder=f"trial{number}",
        submitted_at=datetime.now(UTC),
    )  # fmt: skip


@pytest.fixture
def started(data):
    """Jobs with some work, and which of them were worked on."""
    running = []

    def start(work):
        jobs = LocalJobs(data, load_settings(environment={}), work)
        jobs.start()
        running.append(jobs)
        return jobs

    yield start
    for jobs in running:
        jobs.close()


def test_jobs_are_done_once_in_their_order_and_progress_is_seen(started):
    done, go_on = [], threading.Event()

    def work(step, _options):
        done.append(step.request.folder)
        step.progress(0.5, "walk.mp4", 0, (30, 60))
        assert go_on.wait(60)
        return [JobError(code="video_unreadable", message="broken", input="walk.mp4")]

    jobs = started(work)
    for number in (1, 2, 1):
        jobs.submit(request(number))
    eventually(lambda: jobs.job(request(1).id).progress.frames_done == 30)
    assert (jobs.job(request(1).id).state, jobs.job(request(2).id).state) == ("running", "queued")
    go_on.set()
    eventually(lambda: jobs.job(request(2).id).state == "completed")
    assert done == ["trial1", "trial2"]
    assert jobs.job(request(1).id).warnings[0].message == "broken"


@pytest.mark.parametrize(("error", "code"), [
    (StepFailedError(JobError(code="video_unreadable", message="broken")), "video_unreadable"),
    (InputNotFoundError("gone"), "input_not_found"), (RuntimeError("unforeseen"), "internal"),
])  # fmt: skip
def test_a_job_that_fails_says_why_and_ends_no_other(started, error, code):
    def work(step, _options):
        if step.request.folder == "trial1":
            raise error
        return []

    jobs = started(work)
    jobs.submit(request(1))
    jobs.submit(request(2))
    eventually(lambda: jobs.job(request(2).id).state == "completed")
    assert (jobs.job(request(1).id).state, jobs.job(request(1).id).error.code) == ("failed", code)


def test_a_job_of_another_process_is_not_known(started):
    with pytest.raises(JobNotFoundError):
        started(lambda *_: []).job("0" * 32)


def test_an_input_is_in_the_jobs_folder_or_gone(data):
    folder = data.job("a" * 32)
    item = JobInput(name="walk.mp4", size_bytes=1)
    with pytest.raises(InputNotFoundError):
        uploaded(item, folder, lambda: False)
    folder.uploads.mkdir(parents=True)
    (folder.uploads / "walk.mp4").write_bytes(b"a")
    assert uploaded(item, folder, lambda: False) == folder.uploads / "walk.mp4"
