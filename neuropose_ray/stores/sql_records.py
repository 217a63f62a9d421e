"""Records in a database: one table for all collections, or a table of the user's own for a collection."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from neuropose_ray.errors import StoreError
from neuropose_ray.stores.names import require_name
from neuropose_ray.stores.own_tables import OwnTable
from neuropose_ray.stores.protocol import KEY, Record, RecordOrigin
from neuropose_ray.stores.settings import CollectionSettings
from neuropose_ray.stores.sql import SqlDatabase

#: Of the tables below; a newer one in the database is refused.
STORE_VERSION = 1
MAX_KEY_CHARACTERS = 512

#: Columns by which records can be found besides their key.
_KEY_FIELDS = (KEY, "id", "session_id", "camera_id", "track_id")

_metadata = MetaData()
_versions = Table("neuropose_store", _metadata, Column("version", BigInteger, primary_key=True))
records_table = Table(
    "neuropose_records",
    _metadata,
    Column("collection", String(100), primary_key=True),
    Column("key", String(MAX_KEY_CHARACTERS), primary_key=True),
    Column("id", String(100), nullable=False),
    Column("decision_id", String(100)),
    Column("session_id", Text),
    Column("camera_id", Text),
    Column("track_id", BigInteger),
    Column("data", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index("neuropose_records_id", "collection", "id"),
    Index("neuropose_records_session", "collection", "session_id"),
)


class SqlRecords:
    """Records in SQLite or PostgreSQL; see :class:`~neuropose_ray.stores.protocol.RecordStore`.

    Args:
        database: that keeps them.
        collections: those that are kept in tables of the user's own.
    """

    def __init__(self, database: SqlDatabase, collections: Mapping[str, CollectionSettings]) -> None:
        self._database = database
        self._own = {name: OwnTable(database, name, settings) for name, settings in collections.items()}
        self._lock, self._is_migrated = threading.Lock(), False

    def create(self, collection: str, key: str, fields: Mapping[str, JsonValue], origin: RecordOrigin) -> bool:
        """Make a record, once for an action."""
        _require_key(collection, key)
        if own := self._own.get(collection):
            return own.create(key, fields, origin)
        self._ensure()
        with self._database.transaction() as connection:
            if self._has_inserted(connection, collection, key, fields, origin):
                return True
            maker = connection.scalar(select(records_table.c.id).where(*_is(collection, key)))
        if maker != origin.record_id:
            raise StoreError("another action made a record of this key", where=collection, hint="use record.upsert")
        return False

    def update(self, collection: str, key: str, fields: Mapping[str, JsonValue], *, key_field: str = KEY) -> None:
        """Set fields of the records with a key."""
        _require_key(collection, key)
        if own := self._own.get(collection):
            is_there = own.update(key, fields, key_field)
        else:
            self._ensure()
            with self._database.transaction() as connection:
                is_there = _has_set(connection, collection, key, fields, key_field)
        if not is_there:
            raise StoreError(f"no record of this {key_field}", where=collection, hint="record.upsert makes one")

    def upsert(
        self,
        collection: str,
        key: str,
        fields: Mapping[str, JsonValue],
        origin: RecordOrigin,
        *,
        key_field: str = KEY,
    ) -> bool:
        """Set fields of the records with a key, or make one."""
        _require_key(collection, key)
        if own := self._own.get(collection):
            return own.upsert(key, fields, origin, key_field)
        self._ensure()
        with self._database.transaction() as connection:
            if key_field != KEY:
                if _has_set(connection, collection, key, fields, key_field):
                    return False
                stamped = replace(origin, **_origin_with(key_field, key))
                return self._has_inserted(connection, collection, origin.record_id, fields, stamped)
            if self._has_inserted(connection, collection, key, fields, origin):
                return True
            _has_set(connection, collection, key, fields, KEY)
        return False

    def get(self, collection: str, key: str) -> Record | None:
        """The record of a key."""
        _require_key(collection, key)
        if own := self._own.get(collection):
            return own.get(key)
        self._ensure()
        with self._database.transaction() as connection:
            row = connection.execute(select(records_table).where(*_is(collection, key))).one_or_none()
        return None if row is None else _record(row)

    def list(
        self, collection: str, *, session_id: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[Record, ...]:
        """Records by ascending key."""
        require_name(collection, "collection")
        if own := self._own.get(collection):
            return own.list(session_id=session_id, after=after, limit=limit)
        self._ensure()
        query = select(records_table).where(records_table.c.collection == collection)
        if session_id is not None:
            query = query.where(records_table.c.session_id == session_id)
        if after is not None:
            query = query.where(records_table.c.key > after)
        with self._database.transaction() as connection:
            rows = connection.execute(query.order_by(records_table.c.key).limit(limit)).all()
        return tuple(map(_record, rows))

    def migrate(self) -> None:
        """Make the tables that are missing.

        Raises:
            StoreError: a newer version of this package made them.
        """
        with self._database.transaction() as connection:
            _metadata.create_all(connection)
            version = connection.scalar(select(func.max(_versions.c.version)))
            if version is None:
                self._database.has_inserted(connection, _versions, {"version": STORE_VERSION}, ("version",))
        if version is not None and version > STORE_VERSION:
            raise StoreError(
                f"made by a newer version (tables {version}, here {STORE_VERSION})",
                where=self._database.name,
                hint="update neuropose-ray",
            )

    def reset(self) -> int:
        """Delete all records, but none in tables of the user's own."""
        self._ensure()
        with self._database.transaction() as connection:
            return connection.execute(delete(records_table)).rowcount

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _ensure(self) -> None:
        with self._lock:
            if not self._is_migrated:
                self.migrate()
                self._is_migrated = True

    def _has_inserted(
        self, connection: Connection, collection: str, key: str, fields: Mapping[str, JsonValue], origin: RecordOrigin
    ) -> bool:
        now = datetime.now(UTC)
        values = {
            "collection": collection,
            "key": key,
            "id": origin.record_id,
            "decision_id": origin.decision_id,
            "session_id": origin.session_id,
            "camera_id": origin.camera_id,
            "track_id": origin.track_id,
            "data": dict(fields),
            "created_at": now,
            "updated_at": now,
        }
        return self._database.has_inserted(connection, records_table, values, ("collection", "key"))


def _has_set(
    connection: Connection, collection: str, key: str, fields: Mapping[str, JsonValue], key_field: str
) -> bool:
    """Set fields of all records with a key; whether there are any."""
    column = records_table.c[_require_key_field(collection, key_field)]
    value = _track(collection, key) if key_field == "track_id" else key
    query = select(records_table.c.key, records_table.c.data).where(
        records_table.c.collection == collection, column == value
    )
    rows = connection.execute(query.order_by(records_table.c.key).with_for_update()).all()
    for row in rows:
        changed = {"data": {**row.data, **fields}, "updated_at": datetime.now(UTC)}
        connection.execute(update(records_table).where(*_is(collection, row.key)).values(changed))
    return bool(rows)


def _origin_with(key_field: str, key: str) -> dict[str, Any]:
    """What a new record has in the column by which it is to be found the next time."""
    return {"record_id": key} if key_field == "id" else {key_field: int(key) if key_field == "track_id" else key}


def _require_key_field(collection: str, key_field: str) -> str:
    if key_field not in _KEY_FIELDS:
        raise StoreError(
            f"records are not found by {key_field[:60]!a}", where=collection, hint=f"by {', '.join(_KEY_FIELDS)}"
        )
    return key_field


def _track(collection: str, key: str) -> int:
    if not re.fullmatch(r"\d{1,18}", key):
        raise StoreError("not a number of a track", where=collection)
    return int(key)


def _require_key(collection: str, key: str) -> None:
    require_name(collection, "collection")
    if not key or len(key) > MAX_KEY_CHARACTERS or "\0" in key:
        raise StoreError("not a key of a record", where=collection, hint=f"1 to {MAX_KEY_CHARACTERS} characters")


def _is(collection: str, key: str) -> tuple[Any, Any]:
    return records_table.c.collection == collection, records_table.c.key == key


def _record(row: Any) -> Record:
    # SQLite keeps no time zone; what was written is UTC.
    times = {name: getattr(row, name) for name in ("created_at", "updated_at")}
    return Record(
        collection=row.collection,
        key=row.key,
        data=row.data,
        session_id=row.session_id,
        camera_id=row.camera_id,
        track_id=row.track_id,
        **{name: time if time.tzinfo else time.replace(tzinfo=UTC) for name, time in times.items()},
    )
