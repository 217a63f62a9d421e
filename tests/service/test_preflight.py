"""What is refused before anything is started."""

import socket
import threading
import time
from pathlib import Path

import pytest
from support.ports import free_port

from neuropose_ray.errors import EngineError, ServiceError, ServiceRunningError, SettingsError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.lock import FolderLock
from neuropose_ray.service.preflight import require_database, require_free_address, require_free_folder
from neuropose_ray.service.settings import JobSettings, ServiceSettings


def settings(**jobs: object) -> ServiceSettings:
    return ServiceSettings(jobs=JobSettings.model_validate(jobs))


def test_an_address_that_another_program_has_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = ServiceSettings(port=other.getsockname()[1])
        with pytest.raises(EngineError, match=r"cannot listen \(Address already in use.*choose another --port"):
            require_free_address(taken)
    require_free_address(taken)


def test_a_data_folder_that_another_service_has_is_refused_and_one_that_is_just_given_back_is_not(tmp_path: Path):
    data = DataFolder(tmp_path / "data")
    data.create()
    lock = FolderLock(data.lock)
    lock.acquire()
    with pytest.raises(ServiceRunningError, match="a service has this data folder"):
        require_free_folder(data, threading.Event(), wait_s=0.1)
    threading.Timer(0.3, lock.release).start()
    require_free_folder(data, threading.Event(), wait_s=30)
    require_free_folder(data, threading.Event(), wait_s=0)


def test_the_wait_for_a_data_folder_ends_when_the_service_is_stopped(tmp_path: Path):
    data, stop = DataFolder(tmp_path / "data"), threading.Event()
    data.create()
    lock = FolderLock(data.lock)
    lock.acquire()
    threading.Timer(0.2, stop.set).start()
    begin = time.monotonic()
    require_free_folder(data, stop, wait_s=600)
    assert time.monotonic() - begin < 300
    lock.release()


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("what is this", SettingsError, "not the URL of a database"),
        ("postgresql://me:secret@host:port/jobs", SettingsError, "not the URL of a database"),
        ("mysql://me:secret@127.0.0.1/jobs", SettingsError, "mysql"),
        ("postgresql://me:secret@127.0.0.1:1/jobs", ServiceError, r"127\.0\.0\.1:1: .*does not answer"),
        ("postgresql://me:secret@no-such-host.invalid/jobs", ServiceError, "no-such-host.*does not answer"),
    ],
)
def test_a_database_that_cannot_be_reached_is_refused_without_its_password(url: str, error: type, said: str):
    with pytest.raises(error, match=said) as caught:
        require_database(settings(database_url=url))
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_a_database_server_that_hangs_is_given_up():
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        host, port = silent.getsockname()
        with pytest.raises(ServiceError, match="does not answer"):
            require_database(settings(database_url=f"postgresql://me@{host}:{port}/jobs"))


def test_sqlite_needs_no_server_and_a_database_of_postgresql_may_be_missing(postgres: str):
    require_database(settings())
    require_database(settings(database_url=f"{postgres}/not_made_yet"))
