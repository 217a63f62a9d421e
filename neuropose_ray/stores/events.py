"""Events in a database, of which SQLite in the data folder is the default."""

from __future__ import annotations

import threading
import time
from typing import Any

from pydantic import JsonValue
from sqlalchemy import JSON, BigInteger, Column, Double, Index, Integer, MetaData, String, Table, delete, select

from neuropose_ray.errors import StoreError
from neuropose_ray.stores.names import require_name
from neuropose_ray.stores.protocol import StoredEvent
from neuropose_ray.stores.sql import SqlDatabase

_metadata = MetaData()
# SQLite counts its own integers alone.
_events = Table(
    "neuropose_events",
    _metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", String(100), nullable=False, unique=True),
    Column("channel", String(100), nullable=False),
    Column("message", JSON, nullable=False),
    Column("at", Double, nullable=False),
    Index("neuropose_events_channel", "channel", "position"),
    Index("neuropose_events_at", "at"),
    sqlite_autoincrement=True,
)


class SqlEvents:
    """Events as rows; see :class:`~neuropose_ray.stores.protocol.EventBus`.

    Args:
        database: that keeps them.
        keep_s: after which events are removed, and their ids no longer remembered.
    """

    def __init__(self, database: SqlDatabase, keep_s: float) -> None:
        self._database, self._keep_s = database, keep_s
        self._lock, self._is_migrated = threading.Lock(), False

    def publish(self, channel: str, message: JsonValue, event_id: str) -> bool:
        """Add an event, once for its id."""
        values = {
            "event_id": event_id,
            "channel": require_name(channel, "channel"),
            "message": message,
            "at": time.time(),
        }
        self._ensure()
        with self._database.transaction() as connection:
            return self._database.has_inserted(connection, _events, values, ("event_id",))

    def read(self, channel: str, after: str | None = None, limit: int = 100) -> tuple[StoredEvent, ...]:
        """Events of a channel."""
        self._ensure()
        query = select(_events).where(_events.c.channel == require_name(channel, "channel"))
        if after is not None:
            query = query.where(_events.c.position > _position(after))
        with self._database.transaction() as connection:
            rows = connection.execute(query.order_by(_events.c.position).limit(limit)).all()
        return tuple(map(_event, rows))

    def sweep(self, now: float) -> int:
        """Remove what is older than it is kept."""
        self._ensure()
        with self._database.transaction() as connection:
            return connection.execute(delete(_events).where(_events.c.at < now - self._keep_s)).rowcount

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _ensure(self) -> None:
        with self._lock:
            if not self._is_migrated:
                with self._database.transaction() as connection:
                    _metadata.create_all(connection)
                self._is_migrated = True


def _position(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise StoreError("not a position in a channel", where=ascii(text[:60]))
    return int(text)


def _event(row: Any) -> StoredEvent:
    return StoredEvent(str(row.position), row.event_id, row.channel, row.message)
