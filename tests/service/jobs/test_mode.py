"""The mode of the service holds over its restarts, but for that to end; a damaged file of it stops nothing."""

from pathlib import Path

import pytest

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.mode import begin_mode, read_mode, write_mode


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    data = DataFolder(tmp_path / "data")
    data.create()
    return data


def test_a_new_service_runs(folder: DataFolder):
    assert read_mode(folder) == "running"


@pytest.mark.parametrize("mode", ["paused", "draining", "running"])
def test_the_last_order_is_the_one_that_counts(folder: DataFolder, mode):
    write_mode(folder, "paused")
    write_mode(folder, mode)
    assert read_mode(folder) == mode


@pytest.mark.parametrize("before", ["paused", "draining", "running"])
@pytest.mark.parametrize("last", [["ending"], ["ending", "ended"], ["ended"]])
def test_a_service_that_ended_by_order_is_followed_by_one_that_works_as_before(folder: DataFolder, before, last):
    write_mode(folder, before)
    for mode in last:
        write_mode(folder, mode)
        assert read_mode(folder) == mode
    assert begin_mode(folder) == before
    assert read_mode(folder) == before


def test_a_pause_outlives_every_restart(folder: DataFolder):
    write_mode(folder, "paused")
    assert begin_mode(folder) == begin_mode(folder) == "paused"


@pytest.mark.parametrize("content", [b"", b"{", b'{"mode": "dancing"}', b"[]"])
def test_a_file_that_cannot_be_read_is_no_order(folder: DataFolder, content: bytes):
    folder.mode.write_bytes(content)
    assert read_mode(folder) == "running"
