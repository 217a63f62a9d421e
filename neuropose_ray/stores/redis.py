"""Pictures and events in Redis.

A picture is written with its time to live in one command. An event goes into a stream, which keeps it for readers
that were away, and to the subscribers of the channel that are there; both happen once for an event's id, in a script
that Redis runs as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pydantic import JsonValue

from neuropose_ray.errors import StoreError, StoreUnavailableError
from neuropose_ray.stores.files import media_type_of
from neuropose_ray.stores.names import image_key, key_path, path_key, require_name
from neuropose_ray.stores.protocol import StoredEvent, StoredImage

if TYPE_CHECKING:
    from redis import Redis

#: Before all keys and channels, so that others may use the same Redis.
PREFIX = "neuropose:"
_IMAGES, _EVENTS, _PUBLISHED = f"{PREFIX}image:", f"{PREFIX}events:", f"{PREFIX}published:"
#: KEYS: mark of the event's id, stream. ARGV: how long the mark lives, length of the stream, id, message.
_PUBLISH = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'id', ARGV[3], 'message', ARGV[4])
redis.call('PUBLISH', KEYS[2], ARGV[4])
return 1
"""
_SCAN = 500


def open_redis(url: str, timeout_s: float) -> Redis:
    """A client; it connects when it is first used.

    Nothing is retried within it: by default a command would block for seconds while the server is away, and whoever
    calls has a better plan.
    """
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        health_check_interval=30,
    )


class RedisImages:
    """Pictures by key; see :class:`~neuropose_ray.stores.protocol.ImageStore`.

    Args:
        url: of the server.
        timeout_s: for an answer.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._client, self._name = open_redis(url, timeout_s), redis_name(url)

    def put(self, key: str, data: bytes, ttl_s: float | None) -> None:
        """Keep a picture, with its time to live in the same command."""
        lifetime_ms = None if ttl_s is None else max(1, round(ttl_s * 1000))
        with _faults_named(self._name):
            self._client.set(_image_name(key), data, px=lifetime_ms)

    def get(self, key: str) -> StoredImage | None:
        """The picture of a key."""
        name = _image_name(key)
        with _faults_named(self._name):
            commands = self._client.pipeline(transaction=True)
            commands.get(name)
            commands.pexpiretime(name)
            data, expires_ms = commands.execute()
        if data is None:
            return None
        return StoredImage(data, media_type_of(data), None if expires_ms < 0 else expires_ms / 1000)

    def delete(self, key: str) -> bool:
        """Remove a picture."""
        with _faults_named(self._name):
            return bool(self._client.delete(_image_name(key)))

    def list(self, prefix: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Keys that begin with a prefix; all keys of the server are looked at."""
        with _faults_named(self._name):
            names = {name.decode() for name in self._client.scan_iter(match=f"{_IMAGES}*", count=_SCAN)}
        keys = [path_key(name.removeprefix(_IMAGES)) for name in names]
        return tuple(sorted(key for key in keys if key.startswith(prefix))[:limit])

    def sweep(self, now: float) -> int:  # noqa: ARG002
        """Nothing: Redis removes what is over by itself."""
        return 0

    def close(self) -> None:
        """Close connections."""
        self._client.close()


class RedisEvents:
    """Events as streams and messages of channels; see :class:`~neuropose_ray.stores.protocol.EventBus`.

    Args:
        url: of the server.
        timeout_s: for an answer.
        keep_s: for which ids of events are remembered.
        stream_events: that a stream keeps at least.
    """

    def __init__(self, url: str, timeout_s: float, *, keep_s: float, stream_events: int) -> None:
        self._client, self._name = open_redis(url, timeout_s), redis_name(url)
        self._keep_s, self._stream_events = max(1, round(keep_s)), stream_events

    def publish(self, channel: str, message: JsonValue, event_id: str) -> bool:
        """Add an event to its stream, and send it to the channel of the same name, once for its id."""
        stream = _EVENTS + require_name(channel, "channel")
        keys = (f"{_PUBLISHED}{event_id}", stream)
        text = json.dumps(message, allow_nan=False)
        with _faults_named(self._name):
            done: Any = self._client.eval(_PUBLISH, 2, *keys, self._keep_s, self._stream_events, event_id, text)
        return bool(done)

    def read(self, channel: str, after: str | None = None, limit: int = 100) -> tuple[StoredEvent, ...]:
        """Events of a stream."""
        stream = _EVENTS + require_name(channel, "channel")
        first = "-" if after is None else f"({after}"
        with _faults_named(self._name):
            entries = cast("list[Any]", self._client.xrange(stream, min=first, count=limit))
        return tuple(
            StoredEvent(position.decode(), fields[b"id"].decode(), channel, json.loads(fields[b"message"]))
            for position, fields in entries
        )

    def sweep(self, now: float) -> int:
        """Remove what is older than it is kept."""
        oldest = f"{max(0, round((now - self._keep_s) * 1000))}-0"
        with _faults_named(self._name):
            streams = list(self._client.scan_iter(match=f"{_EVENTS}*", count=_SCAN))
            return sum(int(self._client.xtrim(stream, minid=oldest, approximate=False)) for stream in streams)

    def close(self) -> None:
        """Close connections."""
        self._client.close()


def _image_name(key: str) -> str:
    """Encoded as the path of a file is: what others see of the server is plain text."""
    return _IMAGES + key_path(image_key(key))


def redis_name(url: str) -> str:
    """The server's address without user and password, for messages."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


@contextmanager
def _faults_named(name: str) -> Iterator[None]:
    """Turn Redis's errors into our own; the connection's pass, and those of a server that starts or is full."""
    from redis import exceptions

    try:
        yield
    except (
        exceptions.ConnectionError,
        exceptions.TimeoutError,
        exceptions.ReadOnlyError,
        exceptions.OutOfMemoryError,
        OSError,
    ) as error:
        raise StoreUnavailableError(
            f"does not answer ({type(error).__name__})", where=name, hint="it is tried again"
        ) from error
    except exceptions.RedisError as error:
        # MISCONF and LOADING: the server cannot write its file, or reads it.
        text = str(error)
        if text.startswith(("MISCONF", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "OOM", "NOREPLICAS")):
            kind = text.split(maxsplit=1)[0]
            raise StoreUnavailableError(f"cannot write now ({kind})", where=name, hint="it is tried again") from error
        raise StoreError(f"refused ({type(error).__name__})", where=name, hint="see the server's log") from error
