"""Where inputs of a job lie, and how a wait for one is given up."""

import threading
from pathlib import Path

import pytest
from support.frame_folders import write_folder

from neuropose_ray.errors import FetchError, ForbiddenInputError, InputNotFoundError, JobCancelledError
from neuropose_ray.schemas.jobs import JobInput
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.frame_archives import pack_frames
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.jobs.locating import InputLocator, stoppable
from neuropose_ray.service.settings import UploadSettings


def go_on() -> bool:
    return False


def test_an_upload_is_where_it_was_put_and_one_that_is_gone_is_named(tmp_path: Path):
    locate, folder = InputLocator(Inputs(UploadSettings())), JobFolder(tmp_path)
    folder.uploads.mkdir()
    (folder.uploads / "walk.mp4").write_bytes(b"1")
    assert locate(JobInput(name="walk.mp4"), folder, go_on) == folder.uploads / "walk.mp4"
    with pytest.raises(InputNotFoundError, match="the upload is gone; submit the job anew"):
        locate(JobInput(name="run.mp4"), folder, go_on)


def test_a_file_below_an_allowed_folder_is_used_where_it_lies_and_no_other(tmp_path: Path):
    (tmp_path / "allowed").mkdir()
    for path in ("allowed/walk.mp4", "secret.mp4"):
        (tmp_path / path).write_bytes(b"1")
    locate = InputLocator(Inputs(UploadSettings(roots=[str(tmp_path / "allowed")])))
    given = JobInput(name="walk.mp4", uri=str(tmp_path / "allowed" / "walk.mp4"))
    assert locate(given, JobFolder(tmp_path / "job"), go_on) == tmp_path / "allowed" / "walk.mp4"
    with pytest.raises(ForbiddenInputError):
        locate(JobInput(name="a.mp4", uri=str(tmp_path / "secret.mp4")), JobFolder(tmp_path / "job"), go_on)


def test_an_archive_of_pictures_becomes_a_folder_of_its_name_and_a_dropped_folder_is_one(tmp_path: Path):
    locate, folder = InputLocator(Inputs(UploadSettings())), JobFolder(tmp_path / "job")
    frames = write_folder(tmp_path / "cam", 3)
    folder.uploads.mkdir(parents=True)
    pack_frames(frames, folder.uploads / "cam.tar")
    found = locate(JobInput(name="cam.tar"), folder, go_on)
    assert found.name == "cam"
    assert sorted(path.name for path in found.iterdir()) == ["image_0.png", "image_1.png", "image_2.png"]
    frames.rename(folder.uploads / "cam")
    assert locate(JobInput(name="cam"), folder, go_on) == folder.uploads / "cam"


def test_what_never_ends_is_left_when_the_job_should_stop(tmp_path: Path):
    released, begun = threading.Event(), threading.Event()

    def wait_for_ever() -> Path:
        begun.set()
        released.wait()
        return tmp_path

    with pytest.raises(JobCancelledError):
        stoppable(wait_for_ever, begun.is_set)
    released.set()


def test_results_and_errors_come_from_the_thread_as_they_are(tmp_path: Path):
    def fail() -> Path:
        raise FetchError("the host does not answer")

    assert stoppable(lambda: tmp_path, go_on) == tmp_path
    with pytest.raises(FetchError, match="does not answer"):
        stoppable(fail, go_on)
