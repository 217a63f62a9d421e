"""Managers to start again and again, a video for them, and databases: SQLite, and PostgreSQL where there is one."""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from support.job_manager import SCENES, Manager, settings_for

from neuropose_ray.benchmark.synthetic import write_synthetic_video


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.endurance), "postgresql"])
def database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """The address of a new database for a service; None for the one in its data folder."""
    if request.param == "sqlite":
        return lambda: None
    server = request.getfixturevalue("postgres")
    return lambda: f"{server}/jobs_{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "v.mp4"
    write_synthetic_video(path, SCENES)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has its tables: to make them takes a second."""
    folder = tmp_path_factory.mktemp("database")
    Manager(settings_for(folder)).close()
    return folder / "service.sqlite"


@pytest.fixture
def start(data: Path, new_database: Path):
    """Start a manager; the one before is closed."""
    running: list[Manager] = []
    data.mkdir()
    shutil.copyfile(new_database, data / new_database.name)

    def started(parts=None, **jobs) -> Manager:
        for manager in running:
            manager.close()
        running[:] = [Manager(settings_for(data, **jobs), **(parts or {}))]
        return running[0]

    yield started
    for manager in running:
        manager.close()
