"""A Redis that is away, frozen or full is said to be so at once, and has what it took when it is back."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.redis_server import RedisServer

from neuropose_ray.errors import StoreUnavailableError
from neuropose_ray.stores import Stores, StoreSettings, open_stores
from neuropose_ray.stores.redis import redis_name


@pytest.fixture
def stores(redis_server: RedisServer, tmp_path: Path) -> Iterator[Stores]:
    url = redis_server.url
    opened = open_stores(
        StoreSettings.model_validate({"images_url": url, "events_url": url, "timeout_s": 0.3}), tmp_path
    )
    yield opened
    opened.close()


def test_a_server_that_was_killed_has_what_it_took_when_it_is_back(stores: Stores, redis_server: RedisServer):
    stores.images.put("kept.jpg", b"\xff\xd8\xff", 600)
    stores.events.publish("kept", {}, "kept-1")
    redis_server.stop()
    try:
        for call in (lambda: stores.images.get("kept.jpg"), lambda: stores.events.publish("kept", {}, "kept-1")):
            with pytest.raises(StoreUnavailableError, match=r"redis://127\.0\.0\.1:\d+/0: does not answer"):
                call()
    finally:
        redis_server.start()
    assert stores.images.get("kept.jpg") is not None
    assert stores.events.publish("kept", {}, "kept-1") is False


def test_a_frozen_server_is_away_after_the_time_of_the_settings(stores: Stores, redis_server: RedisServer):
    stores.images.put("a.jpg", b"\xff\xd8\xff", 600)
    redis_server.freeze()
    try:
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            stores.images.get("a.jpg")
    finally:
        redis_server.thaw()
    assert stores.images.get("a.jpg") is not None


def test_a_full_server_is_one_that_cannot_write_now(stores: Stores, redis_server: RedisServer):
    from redis import Redis

    with Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory", "1mb")
        try:
            with pytest.raises(StoreUnavailableError):
                stores.images.put("large.jpg", b"\xff\xd8\xff", 600)
        finally:
            client.config_set("maxmemory", "0")


def test_subscribers_of_the_channel_hear_of_an_event_once(stores: Stores, redis_server: RedisServer):
    from redis import Redis

    with Redis.from_url(redis_server.url) as client, client.pubsub() as heard:
        heard.subscribe("neuropose:events:heard")
        heard.get_message(timeout=5)
        for _ in range(2):
            stores.events.publish("heard", {"n": 1}, f"heard-{time.time_ns() // 10**12}")
        message = heard.get_message(timeout=5)
        assert message is not None
        assert json.loads(message["data"]) == {"n": 1}
        assert heard.get_message(timeout=0.2) is None


def test_messages_name_the_server_without_its_password():
    assert redis_name("redis://user:secret@host:6379/1") == "redis://host:6379/1"
    assert redis_name("rediss://:secret@host/0?a=b") == "rediss://host/0"
