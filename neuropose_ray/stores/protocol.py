"""What stores do, whatever is behind them. All methods block, and may be called in any thread.

Every one of them raises :class:`~neuropose_ray.errors.StoreUnavailableError` while the store is away, which a caller
may try again, and :class:`~neuropose_ray.errors.StoreError` where trying again cannot help.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

#: The field by which records are found where no other is named.
KEY = "key"


@dataclass(frozen=True, slots=True)
class RecordOrigin:
    """What a record is stamped with: what makes it, once, and where that came from.

    ``record_id`` is the same however often the same action of the same decision is tried.
    """

    record_id: str
    decision_id: str | None = None
    session_id: str | None = None
    camera_id: str | None = None
    track_id: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a collection; times are in UTC, None where a table of the user's own does not have them."""

    collection: str
    key: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    session_id: str | None = None
    camera_id: str | None = None
    track_id: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class RecordStore(Protocol):
    """Records of fields by collection and key."""

    def create(self, collection: str, key: str, fields: Mapping[str, JsonValue], origin: RecordOrigin) -> bool:
        """Make a record; whether it was made: False where the same action had made it before.

        Raises:
            StoreError: another action made a record of this key; a field that the collection does not have.
        """
        ...

    def update(self, collection: str, key: str, fields: Mapping[str, JsonValue], *, key_field: str = KEY) -> None:
        """Set fields of the records with a key, and leave their others.

        Args:
            collection: whose they are.
            key: value of ``key_field``.
            fields: that are set.
            key_field: ``key``, or another column that tells which records: ``id``, ``session_id``.

        Raises:
            StoreError: there is no such record, or no such column.
        """
        ...

    def upsert(
        self,
        collection: str,
        key: str,
        fields: Mapping[str, JsonValue],
        origin: RecordOrigin,
        *,
        key_field: str = KEY,
    ) -> bool:
        """Set fields of the records with a key, or make one where there is none; whether it was made."""
        ...

    def get(self, collection: str, key: str) -> Record | None:
        """The record of a key."""
        ...

    def list(
        self, collection: str, *, session_id: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[Record, ...]:
        """Records by ascending key, those of a session alone where one is named.

        Args:
            collection: whose they are.
            session_id: of the records.
            after: the last key of the page before.
            limit: so many at most.
        """
        ...

    def migrate(self) -> None:
        """Make the tables that are missing."""
        ...

    def reset(self) -> int:
        """Delete all records, but none in tables of the user's own; how many there were."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An encoded picture; ``expires_at`` is Unix seconds, None where it is kept for ever."""

    data: bytes
    media_type: str
    expires_at: float | None


class ImageStore(Protocol):
    """Encoded pictures by key, each for a time."""

    def put(self, key: str, data: bytes, ttl_s: float | None) -> None:
        """Keep a picture, in the place of the one with this key.

        Raises:
            StoreError: the key is empty or too long; see :func:`~neuropose_ray.stores.image_key`.
        """
        ...

    def get(self, key: str) -> StoredImage | None:
        """The picture of a key; None where there is none, or its time is over."""
        ...

    def delete(self, key: str) -> bool:
        """Remove a picture; whether there was one."""
        ...

    def list(self, prefix: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Keys that begin so, in ascending order, of pictures whose time is not over."""
        ...

    def sweep(self, now: float) -> int:
        """Remove the pictures whose time is over at ``now`` (Unix seconds); how many there were."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of a channel. ``position`` orders those of a channel, and is what ``read`` continues after."""

    position: str
    event_id: str
    channel: str
    message: JsonValue


class EventBus(Protocol):
    """Events by channel, in the order in which they were published."""

    def publish(self, channel: str, message: JsonValue, event_id: str) -> bool:
        """Add an event to its channel; whether it is new: an id that the bus remembers is passed over."""
        ...

    def read(self, channel: str, after: str | None = None, limit: int = 100) -> tuple[StoredEvent, ...]:
        """Events of a channel, oldest first, behind a position."""
        ...

    def sweep(self, now: float) -> int:
        """Remove events that are no longer kept at ``now`` (Unix seconds); how many there were."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
