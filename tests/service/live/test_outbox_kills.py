"""A process with an outbox that is killed while its stores come and go: nothing is lost or doubled."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from measurements.endurance import environment
from support import outbox_process
from support.decisions import JPEG, decisions
from support.postgresql import PostgresServer
from support.redis_server import RedisServer
from support.webhook_receiver import receiver

from neuropose_ray.stores import Stores, StoreSettings, open_stores
from neuropose_ray.stores.sql import sqlite_url

PATIENCE_S = 600.0


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, outbox_process.__file__, str(folder)]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, env=environment(), stdout=log, stderr=log)


def written(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def done_after_kills(folder: Path, kills: int, seed: int, most_s: float) -> None:
    """Start the process, kill it so often at random moments of its work, and let it end."""
    moments = random.Random(seed)
    for _ in range(kills):
        process, before = start(folder), written(folder / "accepted")
        until = time.monotonic() + PATIENCE_S
        while written(folder / "accepted") == before and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(moments.uniform(0, most_s))
        assert process.poll() is None, "it was done before it was killed"
        process.kill()
        process.wait()
    assert start(folder).wait(PATIENCE_S) == 0, written(folder / "log")[-2000:]


def episodes_in_order(texts: Iterable[str]) -> dict[str, list[str]]:
    """What was told of each rule, in order."""
    told: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        told[text.partition("-")[0]].append(text)
    return told


def expected(episodes: int, rules: int) -> dict[str, list[str]]:
    return episodes_in_order(f"{each.fields['uuid']} {each.phase}" for each in decisions(episodes, rules))


def prepare(folder: Path, database_url: str, stores: dict[str, str], hook: str, episodes: int, rules: int) -> None:
    given = {"database_url": database_url, "stores": stores, "pause_s": 0.02}
    (folder / "stores.json").write_text(json.dumps(given))
    lines = [each.model_dump_json() for each in decisions(episodes, rules, hook)]
    (folder / "decisions.jsonl").write_text("\n".join(lines))


def assert_nothing_lost_or_doubled(stores: Stores, episodes: int, rules: int) -> None:
    records = stores.records.list("episodes", limit=10 * episodes)
    assert len(records) == episodes
    assert {record.data["state"] for record in records} == {"ended"}
    for record in records:
        image = stores.images.get(str(record.data["image"]))
        assert image is not None
        assert image.data == JPEG
    events = stores.events.read("episodes", limit=10 * episodes)
    assert episodes_in_order(event.message["is"] for event in events) == expected(episodes, rules)


@pytest.mark.slow
def test_a_killed_outbox_loses_and_doubles_nothing(redis_server: RedisServer, tmp_path: Path):
    episodes, rules = 8, 2
    urls = {"images_url": redis_server.url, "events_url": redis_server.url}
    with receiver() as hook:
        prepare(tmp_path, sqlite_url(tmp_path / "live.sqlite"), urls, hook.url, episodes, rules)
        done_after_kills(tmp_path, kills=1, seed=1, most_s=0.3)
        told = episodes_in_order(message.body["is"] for message in hook.taken())
    stores = open_stores(StoreSettings.model_validate(urls), tmp_path)
    assert_nothing_lost_or_doubled(stores, episodes, rules)
    assert told == expected(episodes, rules)
    stores.close()


@pytest.mark.endurance
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_stores_that_are_away_for_a_minute_and_twenty_kills_lose_and_double_nothing(
    database: str, redis_server: RedisServer, postgres_server: PostgresServer, tmp_path: Path
):
    episodes, rules, kills = 200, 4, 20
    urls = {
        "records_url": postgres_server.new_database("stores"),
        "images_url": redis_server.url,
        "events_url": redis_server.url,
    }
    # The outbox's own database is not one of the stores that go away.
    own = sqlite_url(tmp_path / "live.sqlite") if database == "sqlite" else None
    other = PostgresServer() if own is None else None
    with receiver() as hook:
        prepare(tmp_path, own or f"{other.url}/outbox", urls, hook.url, episodes, rules)
        outage = threading.Thread(
            target=away_for_a_minute, args=(tmp_path, [postgres_server, redis_server, hook]), daemon=True
        )
        outage.start()
        done_after_kills(tmp_path, kills, seed=2, most_s=3.0)
        outage.join()
        told = episodes_in_order(message.body["is"] for message in hook.taken())
        twice = len(hook.messages) - len(hook.taken())
    stores = open_stores(StoreSettings.model_validate(urls), tmp_path)
    assert_nothing_lost_or_doubled(stores, episodes, rules)
    assert told == expected(episodes, rules)
    print(f"{kills} kills, {episodes} episodes: webhooks sent twice with the same key: {twice}")
    stores.close()
    if other is not None:
        other.remove()


def away_for_a_minute(folder: Path, stores: list[PostgresServer | RedisServer | object]) -> None:
    """Stop all stores once some decisions are accepted, and start them a minute later."""
    while written(folder / "accepted") in ("", *map(str, range(20))):
        time.sleep(0.05)
    for store in stores:
        store.stop()  # type: ignore[attr-defined]
    time.sleep(60)
    for store in stores:
        store.start()  # type: ignore[attr-defined]
