"""The mode of the service holds over its restarts, and a damaged file of it stops nothing."""

from pathlib import Path

import pytest

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.mode import read_mode, write_mode


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


@pytest.mark.parametrize("content", [b"", b"{", b'{"mode": "dancing"}', b"[]"])
def test_a_file_that_cannot_be_read_is_no_order(folder: DataFolder, content: bytes):
    folder.mode.write_bytes(content)
    assert read_mode(folder) == "running"
