"""The hub opens what takes decisions when there may be some, and what an earlier one has left is done first."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.decisions import decision

from neuropose_ray.errors import NotReadyError
from neuropose_ray.schemas.live_messages import StreamSpec
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.live import LiveHub, has_work
from neuropose_ray.service.settings import Settings, load_settings

PATIENCE_S = 60.0
#: A database of decisions is a file of this name.
DECISIONS = "live.sqlite"


class Refuses:
    """The actors of a machine on which none can be made."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, url: str, *_: object) -> Any:
        self.asked.append(url)
        raise OSError("there is no cluster")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(None, {"service": {"data_dir": str(tmp_path)}}, environment={})
    DataFolder(tmp_path).create()
    return settings


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[[], tuple[LiveHub, Refuses]]]:
    hubs: list[LiveHub] = []

    def started() -> tuple[LiveHub, Refuses]:
        actors = Refuses()
        hub = LiveHub(settings, None, None, handle=lambda: None, open_stream=actors, find_stream=lambda _: None)
        hubs.append(hub)
        return hub, actors

    yield started
    for hub in hubs:
        hub.close()


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def accepted(hub: LiveHub, number: int) -> bool:
    """Whether a decision is taken on, asked for as streams do: again and again while the hub is not ready."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            return hub.accept(decision(number, "enter"))
        except NotReadyError:
            time.sleep(0.05)
    raise AssertionError("decisions are never taken")


def test_a_hub_without_streams_and_decisions_has_nothing_to_do(
    settings: Settings, start: Callable[[], tuple[LiveHub, Refuses]], tmp_path: Path
):
    assert not has_work(settings)
    hub, _ = start()
    assert hub.ready() == ()
    assert hub.streams() == ()
    assert hub.patch_session("s", None, {"ward": 3}, None).version == 1
    assert not (tmp_path / "live" / DECISIONS).exists()
    assert not has_work(settings)


def test_a_damaged_database_of_streams_is_no_reason_not_to_start(settings: Settings, tmp_path: Path):
    (tmp_path / "live").mkdir(exist_ok=True)
    (tmp_path / "live" / "streams.sqlite").write_bytes(b"no database" * 1000)
    assert has_work(settings)


def test_registered_streams_are_work_for_the_next_hub_until_they_are_removed(
    settings: Settings, start: Callable[[], tuple[LiveHub, Refuses]]
):
    hub, actors = start()
    hub.put("ward", StreamSpec(url="rtsp://192.0.2.1/1"), None)
    wait_until(lambda: set(actors.asked) == {"rtsp://192.0.2.1/1"})  # tried again and again while there is none
    assert has_work(settings)
    hub.remove("ward")
    assert not has_work(settings)


def test_the_first_decision_opens_what_takes_it_and_the_next_hub_knows_of_it(
    settings: Settings, start: Callable[[], tuple[LiveHub, Refuses]], tmp_path: Path
):
    hub, _ = start()
    assert accepted(hub, 1)
    assert not accepted(hub, 1)
    hub.close()
    assert has_work(settings)
    other, _ = start()
    wait_until(lambda: other.ready() == ())
    assert not accepted(other, 1)


def test_a_rule_that_a_client_names_is_a_reason_to_expect_decisions(
    start: Callable[[], tuple[LiveHub, Refuses]], tmp_path: Path
):
    hub, _ = start()
    hub.resolved({"name": "presence", "rules": [{"name": "somebody"}]}, 0.0)
    wait_until(lambda: (tmp_path / "live" / DECISIONS).exists() and hub.ready() == ())
