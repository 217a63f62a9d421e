"""Errors as clients may see them: names that they know, and nothing of the service's file system."""

import json
from datetime import UTC, datetime

import pytest

from neuropose_ray.errors import InputError, VideoError
from neuropose_ray.pipeline import ErrorRecord
from neuropose_ray.schemas.jobs import JobError
from neuropose_ray.service.jobs.failures import StepFailedError, job_error, record_error, redact_paths

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


def test_an_error_that_a_run_wrote_down_is_said_once_with_its_code():
    record = ErrorRecord(type="VideoError", stage="decode", message="walk.mp4: /data/uploads/walk.mp4 is broken")
    assert record_error(record, "pose", "walk.mp4") == JobError(
        code="video_unreadable", message="walk.mp4 is broken", step="pose", input="walk.mp4"
    )


def test_the_error_of_a_type_that_is_unknown_here_is_internal():
    assert (
        record_error(ErrorRecord(type="OldError", stage="decode", message="something"), "pose", "walk.mp4").code
        == "internal"
    )


def test_a_failed_step_carries_its_error_as_json():
    error = JobError(code="video_unreadable", message="is broken", step="pose", input="walk.mp4")
    failed = StepFailedError(error)
    assert (failed.error, failed.code, str(failed)) == (error, "video_unreadable", "is broken")
    assert JobError.model_validate(json.loads(json.dumps(failed.data))) == error
