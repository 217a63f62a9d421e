"""Whether there is room for another job."""

import stat
from pathlib import Path

import pytest

from neuropose_ray.errors import DrainingError, OutputError, OverloadedError, StorageFullError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.admission import make_uploads_folder, require_room
from neuropose_ray.service.jobs.mode import write_mode
from neuropose_ray.service.settings import JobSettings


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    data = DataFolder(tmp_path / "data")
    data.create()
    return data


def test_there_is_room_up_to_the_limits(folder: DataFolder):
    require_room(folder, JobSettings(queued=3, min_free_bytes=0), 2)
    write_mode(folder, "paused")
    require_room(folder, JobSettings(queued=3, min_free_bytes=0), 2)


def test_a_full_queue_a_full_disk_and_a_draining_service_are_different_errors(folder: DataFolder):
    with pytest.raises(OverloadedError, match="3 jobs wait already"):
        require_room(folder, JobSettings(queued=3, min_free_bytes=0), 3)
    with pytest.raises(StorageFullError, match=f"{2**60 // 10**6} MB are kept"):
        require_room(folder, JobSettings(min_free_bytes=2**60), 0)
    write_mode(folder, "draining")
    with pytest.raises(DrainingError):
        require_room(folder, JobSettings(min_free_bytes=0), 0)


def test_uploads_are_for_their_owner_alone_and_a_folder_that_is_there_is_kept(folder: DataFolder):
    job = folder.job("1" * 32)
    make_uploads_folder(job)
    (job.uploads / "walk.mp4").write_bytes(b"1")
    make_uploads_folder(job)
    assert (job.uploads / "walk.mp4").exists()
    assert stat.S_IMODE(job.uploads.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_an_error_of_the_output(folder: DataFolder):
    job = folder.job("1" * 32)
    job.root.parent.mkdir(parents=True, exist_ok=True)
    job.root.write_bytes(b"in the way")
    with pytest.raises(OutputError):
        make_uploads_folder(job)
