"""Decisions are done in order, each once, with what nobody foresaw and without what failed."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.decisions import decision, decisions
from support.redis_server import RedisServer
from support.webhook_receiver import receiver

from neuropose_ray.errors import ServiceError, StoreUnavailableError
from neuropose_ray.service.durable_work import Pauses
from neuropose_ray.service.live.outbox import ActionFailure, Outbox
from neuropose_ray.stores import Stores, StoreSettings, WebhookSettings, open_stores
from neuropose_ray.stores.sql import sqlite_url

PATIENCE_S = 60.0
WEBHOOKS = WebhookSettings(hosts=("*",), http=True, private_networks=True)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = open_stores(StoreSettings(), tmp_path, WEBHOOKS)
    yield opened
    opened.close()


@pytest.fixture
def failures() -> list[ActionFailure]:
    return []


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has its tables: to make them takes a second."""
    path = tmp_path_factory.mktemp("outbox") / "live.sqlite"
    stores = open_stores(StoreSettings(), path.parent, WEBHOOKS)
    outbox = Outbox(sqlite_url(path), stores, no_clips, print)
    outbox.launch()
    outbox.close()
    stores.close()
    return path


@pytest.fixture
def launched(new_database: Path, tmp_path: Path, failures: list[ActionFailure]) -> Iterator[Callable[..., Outbox]]:
    running: list[Outbox] = []
    database = tmp_path / "live.sqlite"
    database.write_bytes(new_database.read_bytes())

    def launch(stores: Stores, submit_clip: Callable[..., None] | None = None) -> Outbox:
        for outbox in running:
            outbox.close()
        pauses = Pauses(first_s=0.05, longest_s=0.2)
        clips = submit_clip or no_clips
        running[:] = [Outbox(sqlite_url(database), stores, clips, failures.append, poll_s=0.02, pauses=pauses)]
        running[0].launch()
        return running[0]

    yield launch
    for outbox in running:
        outbox.close()


def no_clips(*_: object) -> None:
    raise AssertionError("nobody asked for a clip")


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_until_done(outbox: Outbox) -> None:
    wait_until(lambda: (left := outbox.pending()).decisions == left.deliveries == 0)


def test_each_decision_is_done_once_in_the_order_of_its_rule(launched: Callable[..., Outbox], stores: Stores):
    outbox = launched(stores)
    with receiver() as hook:
        given = decisions(episodes=4, rules=2, hook=hook.url)
        assert [outbox.accept(each) for each in given] == [True] * 8
        assert [outbox.accept(each) for each in given] == [False] * 8
        wait_until_done(outbox)
        assert [outbox.accept(each) for each in given] == [False] * 8
        posted = [message.body["is"] for message in hook.messages]
    told = [event.message["is"] for event in stores.events.read("episodes")]
    for rule in ("rule0", "rule1"):
        expected = [f"{rule}-{number:04d} {phase}" for number in (0, 1) for phase in ("enter", "complete")]
        assert [text for text in told if text.startswith(rule)] == expected
        assert [text for text in posted if text.startswith(rule)] == expected
    records = stores.records.list("episodes")
    assert [record.data for record in records] == [
        {"state": "ended", "image": f"Room 3/{record.key}.jpg"} for record in records
    ]
    assert {(record.session_id, record.camera_id, record.track_id) for record in records} == {
        ("visit 7", "Room 3", 4)
    }
    assert len(stores.images.list()) == 4


def test_a_store_that_is_away_is_waited_for_and_other_rules_wait_for_nothing(
    launched: Callable[..., Outbox], redis_server: RedisServer, tmp_path: Path, failures: list[ActionFailure]
):
    settings = StoreSettings.model_validate({"images_url": redis_server.url, "timeout_s": 0.5})
    stores = open_stores(settings, tmp_path, WEBHOOKS)
    outbox = launched(stores)
    redis_server.stop()
    try:
        for each in decisions(episodes=1, rules=1):
            outbox.accept(each)
        told = {"type": "publish", "name": "tell", "channel": "others", "message": {}}
        outbox.accept(decision(1, "enter", "other", actions=[told]))
        wait_until(lambda: len(stores.events.read("others")) == 1)
        wait_until(lambda: "does not answer" in (outbox.pending().last_error or ""))
        wait_until(lambda: outbox.pending().decisions == 2)
    finally:
        redis_server.start()
    wait_until_done(outbox)
    assert [event.message["is"].split()[1] for event in stores.events.read("episodes")] == ["enter", "complete"]
    assert failures == []
    assert outbox.pending().last_error is None
    stores.close()


def test_what_is_not_done_is_done_by_the_next_process(launched: Callable[..., Outbox], stores: Stores):
    class Away:
        def put(self, *_: object) -> None:
            raise StoreUnavailableError("away")

    from dataclasses import replace

    first = launched(replace(stores, images=Away()))
    for each in decisions(episodes=2, rules=1):
        first.accept(each)
    wait_until(lambda: first.pending().last_error is not None)
    second = launched(stores)
    wait_until_done(second)
    assert len(stores.events.read("episodes")) == 4


def test_an_action_that_fails_is_told_of_and_the_others_are_done(
    launched: Callable[..., Outbox], stores: Stores, failures: list[ActionFailure]
):
    outbox = launched(stores)
    actions = [
        {"type": "save_image", "name": "save", "key": "/"},
        {"type": "record.update", "name": "change", "collection": "none", "key": "none", "fields": {"a": 1}},
        {"type": "webhook", "name": "hook", "url": "http://169.254.169.254/"},
        {"type": "record.create", "name": "write", "collection": "kept", "fields": {"image": "{save.image_key}"}},
    ]
    outbox.accept(decision(1, "enter", actions=actions))
    wait_until_done(outbox)
    wait_until(lambda: len(failures) == 3)
    assert [(failure.action, failure.code) for failure in failures[:2]] == [("save", "store"), ("change", "store")]
    assert (failures[2].action, failures[2].rule, failures[2].session_id) == ("hook", "squats", "visit 7")
    (record,) = stores.records.list("kept")
    assert record.data == {"image": None}


def test_a_defect_of_an_action_does_not_hold_up_what_is_behind_it(
    launched: Callable[..., Outbox], stores: Stores, failures: list[ActionFailure]
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    outbox = launched(stores, broken)
    job = {"type": "enqueue_job", "name": "job", "seconds": 5}
    told = {"type": "publish", "name": "tell", "channel": "others", "message": "{job.job_id}"}
    outbox.accept(decision(1, "enter", actions=[job, told]))
    wait_until_done(outbox)
    assert [(failure.code, failure.message) for failure in failures] == [("internal", "ZeroDivisionError")]
    assert [event.message for event in stores.events.read("others")] == [None]


def test_decisions_from_many_threads_are_all_taken(launched: Callable[..., Outbox], stores: Stores):
    outbox = launched(stores)
    told = [{"type": "publish", "name": "tell", "channel": "others", "message": "{number}"}]
    given = [decision(number, "enter", f"rule{number}", actions=told) for number in range(12)]
    threads = [threading.Thread(target=outbox.accept, args=(each,)) for each in given * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until_done(outbox)
    assert sorted(event.message for event in stores.events.read("others")) == list(range(12))


def test_a_database_that_is_away_is_said_in_one_line(stores: Stores):
    outbox = Outbox("postgresql://nobody:sesame@127.0.0.1:1/live", stores, no_clips, print)
    with pytest.raises(ServiceError, match="the database of live decisions cannot be opened") as caught:
        outbox.launch()
    assert "sesame" not in str(caught.value)
