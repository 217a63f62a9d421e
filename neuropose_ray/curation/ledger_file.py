"""The SQLite file of a ledger: opened, made where there is none, and checked for damage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from neuropose_ray.errors import DiskFullError, FutureSchemaError, OutputError

LEDGER_FILE: Final = "curation.sqlite"
LEDGER_VERSION: Final = 1

_SCHEMA = """
CREATE TABLE streams (
    name TEXT PRIMARY KEY, path TEXT NOT NULL, uri TEXT NOT NULL, kind TEXT NOT NULL, signature TEXT NOT NULL,
    sha256 TEXT NOT NULL, stream_index INTEGER NOT NULL, frames INTEGER NOT NULL, duration_s REAL NOT NULL,
    notes TEXT NOT NULL, seen_at TEXT NOT NULL
);
CREATE TABLE stage_runs (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, stream TEXT NOT NULL, stage TEXT NOT NULL, key TEXT NOT NULL,
    parts TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, frames_decoded INTEGER NOT NULL,
    attempts INTEGER NOT NULL, error TEXT, seconds REAL NOT NULL, ended_at TEXT NOT NULL
);
CREATE INDEX stage_runs_of_stream ON stage_runs (stream, stage, id);
CREATE TABLE artifacts (
    path TEXT PRIMARY KEY, stream TEXT NOT NULL, stage TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL,
    size INTEGER NOT NULL, made_at TEXT NOT NULL
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, run TEXT NOT NULL, stream TEXT NOT NULL, stage TEXT NOT NULL,
    event TEXT NOT NULL, detail TEXT NOT NULL
);
"""

_REFUSALS = frozenset(
    [
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM,
    ]
)  # fmt: skip
#: What holds of every row: SQLite itself keeps any value in any column.
_CONTENT = {
    "streams": "typeof(frames) = 'integer' AND typeof(stream_index) = 'integer' AND typeof(duration_s) = 'real' "
    "AND CASE WHEN json_valid(notes) THEN json_type(notes) END = 'array'",
    "stage_runs": "state IN ('succeeded', 'failed', 'skipped') AND typeof(frames_decoded) = 'integer' "
    "AND typeof(attempts) = 'integer' AND typeof(seconds) = 'real' "
    "AND CASE WHEN json_valid(parts) THEN json_type(parts) END = 'object'",
    "artifacts": "typeof(size) = 'integer' AND length(sha256) = 64",
    "events": "typeof(event) = 'text'",
}


def connected(path: Path) -> sqlite3.Connection:
    """Open a ledger for writing.

    Raises:
        FutureSchemaError: a newer version wrote it.
        sqlite3.Error, ValueError: it is damaged, or see :func:`is_refusal`.
    """
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.text_factory = _text
    try:
        # A killed process loses nothing; after a power cut a damaged ledger is set aside like any other.
        connection.execute("PRAGMA synchronous = OFF")
        _check_version(connection, path)
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            with connection:
                connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {LEDGER_VERSION}; COMMIT;")
        _check_content(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connected_to_read(path: Path) -> sqlite3.Connection:
    """Open a ledger that exists, which a run may be writing.

    Raises:
        FutureSchemaError: a newer version wrote it.
        sqlite3.Error, ValueError: it is damaged, or see :func:`is_refusal`.
    """
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = _text
    try:
        _check_version(connection, path)
        _check_content(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > LEDGER_VERSION:
        raise FutureSchemaError(
            f"a ledger of version {version}, newer than {LEDGER_VERSION}",
            where=str(path),
            hint="upgrade neuropose-ray",
        )


def _check_content(connection: sqlite3.Connection) -> None:
    """Refuse a file whose rows are not what this module writes.

    Raises:
        sqlite3.DatabaseError: it is damaged.
        ValueError: so much that SQLite cannot even say how.
    """
    if (damage := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(damage)
    tables = "SELECT name, sql FROM sqlite_master WHERE type <> 'index' OR sql IS NOT NULL ORDER BY name"
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript(_SCHEMA)
        if connection.execute(tables).fetchall() != new.execute(tables).fetchall():
            raise sqlite3.DatabaseError("its tables are others")
    for table, condition in _CONTENT.items():
        if connection.execute(f"SELECT 1 FROM {table} WHERE ({condition}) IS NOT TRUE LIMIT 1").fetchone():
            raise sqlite3.DatabaseError(f"a row of {table} is damaged")


def is_refusal(error: Exception) -> bool:
    """Whether the system refuses, as opposed to a damaged file."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _REFUSALS


def refused(what: str, error: Exception, where: str) -> OutputError:
    """The error of a ledger that cannot be written, told apart where the disk is full."""
    is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return (DiskFullError if is_full else OutputError)(what, where=where)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
