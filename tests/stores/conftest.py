"""The stores that tests are for, each on every server that it may stand on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuropose_ray.stores import EventBus, ImageStore, RecordOrigin, RecordStore, StoreSettings, open_stores

ORIGIN = RecordOrigin("action-1", "decision-1", "visit 7", "Room 3", 4)


@pytest.fixture(params=["sqlite", "postgresql"])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return request.getfixturevalue("postgres_server").new_database("records")


@pytest.fixture
def records(records_url: str, tmp_path: Path) -> Iterator[RecordStore]:
    stores = open_stores(StoreSettings.model_validate({"records_url": records_url}), tmp_path)
    yield stores.records
    stores.close()


@pytest.fixture(params=["files", "redis"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ImageStore]:
    url = None if request.param == "files" else request.getfixturevalue("redis_server").url
    if url is not None:
        flush(url)
    stores = open_stores(StoreSettings.model_validate({"images_url": url}), tmp_path)
    yield stores.images
    stores.close()


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def events(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventBus]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").new_database("events")
    elif request.param == "redis":
        url = request.getfixturevalue("redis_server").url
        flush(url)
    stores = open_stores(StoreSettings.model_validate({"events_url": url}), tmp_path)
    yield stores.events
    stores.close()


def flush(url: str) -> None:
    """Empty a Redis, which all tests share."""
    from redis import Redis

    with Redis.from_url(url) as client:
        client.flushall()


def plain(value: object) -> object:
    """As JSON has it."""
    return json.loads(json.dumps(value))
