"""Whether the file of a ledger is what was written, and what it means that SQLite refuses."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from neuropose_ray.errors import DiskFullError, OutputError

_REFUSALS = frozenset(
    [
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM,
    ]
)  # fmt: skip
#: What holds of every row: SQLite itself keeps any value in any column.
_ROWS = {
    "streams": "typeof(frames) = 'integer' AND typeof(stream_index) = 'integer' AND typeof(duration_s) = 'real' "
    "AND CASE WHEN json_valid(notes) THEN json_type(notes) END = 'array'",
    "stage_runs": "state IN ('succeeded', 'failed', 'skipped') AND typeof(frames_decoded) = 'integer' "
    "AND typeof(attempts) = 'integer' AND typeof(seconds) = 'real' "
    "AND CASE WHEN json_valid(parts) THEN json_type(parts) END = 'object'",
    "artifacts": "typeof(size) = 'integer' AND length(sha256) = 64",
    "events": "typeof(event) = 'text'",
}


def check_content(connection: sqlite3.Connection, schema: str) -> None:
    """Refuse a file whose rows are not what the ledger writes.

    Args:
        connection: to the file.
        schema: the statements that made its tables.

    Raises:
        sqlite3.DatabaseError: it is damaged.
        ValueError: so much that SQLite cannot even say how.
    """
    if (damage := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(damage)
    tables = "SELECT name, sql FROM sqlite_master WHERE type <> 'index' OR sql IS NOT NULL ORDER BY name"
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript(schema)
        if connection.execute(tables).fetchall() != new.execute(tables).fetchall():
            raise sqlite3.DatabaseError("its tables are others")
    for table, condition in _ROWS.items():
        if connection.execute(f"SELECT 1 FROM {table} WHERE ({condition}) IS NOT TRUE LIMIT 1").fetchone():
            raise sqlite3.DatabaseError(f"a row of {table} is damaged")


def is_refusal(error: Exception) -> bool:
    """Whether the system refuses, as opposed to a damaged file."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _REFUSALS


def refused(what: str, error: Exception, where: str) -> OutputError:
    """The error of a ledger that the system refuses to write: one that waits for space is told apart."""
    is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return (DiskFullError if is_full else OutputError)(what, where=where)
