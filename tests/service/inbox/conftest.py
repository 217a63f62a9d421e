"""A data folder, and jobs that are files in it."""

from pathlib import Path

import pytest
from support.jobs_in_files import JobsInFiles

from neuropose_ray.service.data_folder import DataFolder


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


@pytest.fixture
def jobs(data: DataFolder) -> JobsInFiles:
    return JobsInFiles(data)
