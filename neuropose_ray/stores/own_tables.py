"""A collection in a table of the user's own: its columns are the fields that there may be."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import JsonValue

from neuropose_ray.errors import StoreError
from neuropose_ray.stores.protocol import KEY, Record, RecordOrigin
from neuropose_ray.stores.settings import CollectionSettings
from neuropose_ray.stores.sql import SqlDatabase

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Table

#: Columns that are filled with where a record comes from, where a table has them and no field does.
_STAMPS = ("decision_id", "session_id", "camera_id", "track_id")


class OwnTable:
    """The records of one collection, a row each. The table is read when it is first needed, and never changed.

    Args:
        database: that has the table.
        collection: its name.
        settings: which table, and which column is the key.
    """

    def __init__(self, database: SqlDatabase, collection: str, settings: CollectionSettings) -> None:
        self._database, self._collection, self._settings = database, collection, settings
        self._lock = threading.Lock()
        self._reflected: Table | None = None

    def create(self, key: str, fields: Mapping[str, JsonValue], origin: RecordOrigin) -> bool:
        """Make a row, once for an action.

        A row that has the key already is taken for the action's own, but for one that its column ``decision_id``
        says to be another decision's.
        """
        with self._database.transaction() as connection:
            table = self._table(connection)
            if self._inserted(connection, table, key, fields, origin):
                return True
            if "decision_id" in table.c:
                from sqlalchemy import select

                maker = connection.scalar(select(table.c.decision_id).where(self._is(table, key)))
                if str(maker) != origin.decision_id:
                    raise self._refusal("another action made a record of this key", "use record.upsert")
        return False

    def update(self, key: str, fields: Mapping[str, JsonValue], key_field: str) -> bool:
        """Set columns of the rows with a key; whether there are any."""
        with self._database.transaction() as connection:
            return self._has_set(connection, self._table(connection), key, fields, key_field)

    def upsert(self, key: str, fields: Mapping[str, JsonValue], origin: RecordOrigin, key_field: str) -> bool:
        """Set columns of the rows with a key, or make one; whether it was made."""
        with self._database.transaction() as connection:
            table = self._table(connection)
            if key_field in (KEY, self._settings.key):
                if self._inserted(connection, table, key, fields, origin):
                    return True
                self._has_set(connection, table, key, fields, KEY)
                return False
            if self._has_set(connection, table, key, fields, key_field):
                return False
            return self._inserted(connection, table, origin.record_id, {key_field: key, **fields}, origin)

    def get(self, key: str) -> Record | None:
        """The row of a key."""
        from sqlalchemy import select

        with self._database.transaction() as connection:
            table = self._table(connection)
            row = connection.execute(select(table).where(self._is(table, key))).one_or_none()
        return None if row is None else self._record(row)

    def list(self, *, session_id: str | None, after: str | None, limit: int) -> tuple[Record, ...]:
        """Rows by ascending key."""
        from sqlalchemy import select

        with self._database.transaction() as connection:
            table = self._table(connection)
            column = table.c[self._settings.key]
            query = select(table).order_by(column).limit(limit)
            if session_id is not None:
                query = query.where(self._column(table, "session_id") == session_id)
            if after is not None:
                query = query.where(column > self._value(column, after))
            rows = connection.execute(query).all()
        return tuple(map(self._record, rows))

    def _table(self, connection: Connection) -> Table:
        from sqlalchemy import MetaData, Table, UniqueConstraint

        with self._lock:
            if self._reflected is None:
                name, schema = self._settings.table, self._settings.schema_name
                table = Table(name, MetaData(), schema=schema, autoload_with=connection)
                key = self._column(table, self._settings.key)
                unique = [tuple(table.primary_key.columns)] + [
                    tuple(constraint.columns)
                    for constraint in table.constraints
                    if isinstance(constraint, UniqueConstraint)
                ]
                unique += [tuple(index.columns) for index in table.indexes if index.unique]
                if (key,) not in unique:
                    raise self._refusal(f"the column {key.name} is not unique", "make it the primary key, or unique")
                self._reflected = table
            return self._reflected

    def _column(self, table: Table, name: str) -> Column[Any]:
        column = table.c.get(name)
        if column is None:
            raise self._refusal(f"no column {name[:60]!a} in {table.name}", f"it has {', '.join(table.c.keys())}")
        return column

    def _inserted(
        self, connection: Connection, table: Table, key: str, fields: Mapping[str, JsonValue], origin: RecordOrigin
    ) -> bool:
        stamps = {name: getattr(origin, name) for name in _STAMPS if name in table.c and name not in fields}
        key_column = table.c[self._settings.key]
        values = self._values(table, {**stamps, **fields}) | {key_column.name: self._value(key_column, key)}
        return self._database.has_inserted(connection, table, values, (key_column.name,))

    def _has_set(
        self, connection: Connection, table: Table, key: str, fields: Mapping[str, JsonValue], key_field: str
    ) -> bool:
        from sqlalchemy import select, update

        is_wanted = self._is(table, key, key_field)
        if not fields:
            return connection.execute(select(table).where(is_wanted)).first() is not None
        statement = update(table).where(is_wanted).values(self._values(table, fields))
        return bool(connection.execute(statement).rowcount)

    def _values(self, table: Table, fields: Mapping[str, JsonValue]) -> dict[str, Any]:
        return {name: self._value(self._column(table, name), value) for name, value in fields.items()}

    def _is(self, table: Table, key: str, key_field: str = KEY) -> Any:
        column = self._column(table, self._settings.key if key_field == KEY else key_field)
        return column == self._value(column, key)

    def _value(self, column: Column[Any], value: JsonValue) -> Any:
        try:
            return _column_value(column, value)
        except (ValueError, TypeError, OverflowError, ArithmeticError) as error:
            kind = type(column.type).__name__.lower()
            raise self._refusal(f"{str(value)[:60]!a} does not become a {kind}", f"see {column.name}") from error

    def _record(self, row: Any) -> Record:
        data = {name: _json_value(value) for name, value in row._mapping.items()}
        stamps: dict[str, Any] = {name: data.get(name) for name in ("session_id", "camera_id", "track_id")}
        return Record(self._collection, str(data[self._settings.key]), data, **stamps)

    def _refusal(self, what: str, hint: str) -> StoreError:
        return StoreError(what, where=self._collection, hint=hint)


def _column_value(column: Column[Any], value: JsonValue) -> Any:
    """What a driver takes for a value of JSON, by the column's type."""
    if value is None:
        return None
    kind = getattr(column.type, "python_type", str)
    if kind is datetime:
        # Times are Unix seconds or text in ISO 8601.
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        return datetime.fromisoformat(str(value))
    if kind is date:
        return date.fromisoformat(str(value)[:10])
    if kind is UUID:
        return UUID(str(value))
    if kind is str:
        return json.dumps(value) if isinstance(value, dict | list) else str(value)
    if kind in (dict, list):
        return value
    if isinstance(value, dict | list):
        raise TypeError("an object or a list")
    if kind is bool:
        return _boolean(value)
    return kind(value) if kind in (int, float, Decimal) else value


def _boolean(value: str | float) -> bool:
    if value in (0, 1, "true", "false"):
        return value in (1, "true")
    raise ValueError("not a boolean")


def _json_value(value: Any) -> JsonValue:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, bool | int | float | str | dict | list | None) else str(value)
