from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import InputError, VideoError
from neuropose_ray.schemas.jobs import JobProgress
from neuropose_ray.service.jobs.failures import job_error, redact_paths
from neuropose_ray.service.jobs.progress import ProgressTracker
from neuropose_ray.service.jobs.retention import EndedJob, outdated

NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/data/jobs/12/uploads/walk.mp4: is broken; copy it", "walk.mp4: is broken; copy it"),
        ("cannot open '/home/a/.cache/m.tflite'", "cannot open 'm.tflite'"),
        ("s3://bucket/secret/walk.mp4 is gone", "walk.mp4 is gone"),
        ("https://user:word@host/a/b.mp4?sig=1: 403", "b.mp4?sig=1: 403"),
        ("took 3 m/s, 1/2 of it", "took 3 m/s, 1/2 of it"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_messages_for_clients_name_files_and_no_places(text: str, shown: str):
    assert redact_paths(text) == shown


def test_a_place_with_spaces_that_a_job_knows_is_named_as_the_client_did():
    names_by_path = {"/data/my jobs/12/uploads/my walk.mp4": "my walk.mp4"}
    error = InputError("cannot read /data/my jobs/12/uploads/my walk.mp4", where="/data", hint="look")
    assert job_error(error, "pose", names_by_path=names_by_path).message == "cannot read my walk.mp4; look"


def test_of_what_nobody_foresaw_nothing_is_told():
    error = job_error(RuntimeError("password in /etc/x"), "pose")
    assert (error.code, "password" in error.message) == ("internal", False)
    assert job_error(VideoError("is broken", where="/a/b.mp4"), "pose").code == "video_unreadable"


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=40), st.floats(0, 99))
def test_percent_never_goes_back_nor_reaches_the_end(signs: list[tuple[int, float]], floor: float):
    written: list[JobProgress] = []
    tracker = ProgressTracker(("pose", "analyze", "overlay", "report"), written.append)
    seen = []
    for step, fraction in signs:
        tracker.enter(step, JobProgress(percent=floor))
        tracker.at(fraction, "a.mp4", 0)
        seen.append(tracker.now.percent)
    assert seen == sorted(seen)
    assert all(floor - 0.1 <= percent < 100 for percent in seen)


def ended(name: str, days_ago: float, size: int) -> EndedJob:
    return EndedJob(name, NOW - timedelta(days=days_ago), size)


def test_jobs_are_kept_for_so_many_days_and_so_many_bytes_the_newest_first():
    jobs = [ended("old", 40, 1), ended("large", 3, 100), ended("new", 1, 10), ended("middle", 2, 50)]
    assert outdated(jobs, NOW, keep_days=30, keep_bytes=None) == ["old"]
    assert outdated(jobs, NOW, keep_days=None, keep_bytes=70) == ["old", "large"]
    assert outdated(jobs, NOW, keep_days=None, keep_bytes=0) == ["old", "large", "middle", "new"]
    assert outdated(jobs, NOW, keep_days=None, keep_bytes=None) == []
