"""A database of SQLAlchemy, SQLite or PostgreSQL: transactions, and its errors as this package's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import OutputError, StoreError, StoreUnavailableError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table
    from sqlalchemy.exc import DBAPIError

#: What SQLite says of a moment or a disk, not of a statement.
_PASSING_SQLITE = tuple(
    f"SQLITE_{name}"
    for name in ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "PROTOCOL", "CORRUPT", "NOTADB")
)
#: Statements of PostgreSQL that the server ends after this many timeouts: a lock that is never given back.
_STATEMENT_TIMEOUTS = 6


class SqlDatabase:
    """Connections to a database, opened when they are first needed: a store that is away stops no start.

    Args:
        url: of SQLite or PostgreSQL.
        timeout_s: for a connection, and for a lock of SQLite.
        pool_size: connections to PostgreSQL at most.
    """

    def __init__(self, url: str, *, timeout_s: float, pool_size: int) -> None:
        from sqlalchemy import URL, make_url

        parsed = make_url(url)
        if parsed.get_backend_name() in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        # Without user and password, for messages.
        self.name = URL.create(
            parsed.get_backend_name(), host=parsed.host, port=parsed.port, database=parsed.database
        ).render_as_string()
        self._url, self._timeout_s, self._pool_size = parsed, timeout_s, pool_size
        self._engine = self._create_engine()

    @property
    def engine(self) -> Engine:
        """The engine, for reflection."""
        return self._engine

    def has_inserted(
        self, connection: Connection, table: Table, values: Mapping[str, Any], unique: Sequence[str]
    ) -> bool:
        """Insert a row, unless there is one with the same values in these unique columns; whether it was inserted."""
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(table)
        statement = insert.values(values).on_conflict_do_nothing(index_elements=unique)
        # Drivers do not count such rows alike.
        return connection.execute(statement.returning(table.c[unique[0]])).first() is not None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose changes are committed where the block ends without an exception.

        Raises:
            StoreUnavailableError: the database is away, locked or full.
            StoreError: it refuses a statement.
        """
        from sqlalchemy import exc

        try:
            with self._engine.begin() as connection:
                yield connection
        except exc.TimeoutError as error:
            raise StoreUnavailableError("no connection is free", where=self.name) from error
        except exc.DBAPIError as error:
            raise self._named(error) from error
        except exc.NoSuchTableError as error:
            raise StoreError(f"no table {error}", where=self.name, hint="make it, or correct the settings") from error
        except exc.SQLAlchemyError as error:
            # A value that does not become its column's type.
            raise StoreError(f"refused ({type(error).__name__})", where=self.name) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _create_engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        if self._url.get_backend_name() != "sqlite":
            timeout = max(1, round(self._timeout_s))
            return create_engine(
                self._url,
                pool_pre_ping=True,
                pool_size=self._pool_size,
                max_overflow=0,
                pool_timeout=self._timeout_s,
                connect_args={
                    "connect_timeout": timeout,
                    "tcp_user_timeout": timeout * 1000,
                    "options": f"-c statement_timeout={timeout * _STATEMENT_TIMEOUTS}s",
                },
            )
        engine = create_engine(self._url, connect_args={"timeout": self._timeout_s})
        # SQLAlchemy's recipe: without it the driver begins a transaction late, and two that read first may both fail.
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine

    def _named(self, error: DBAPIError) -> StoreError:
        from sqlalchemy import exc

        code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "no code"
        # Apart from the code: databases say values, users and hosts in their messages.
        what = f"{type(error.orig).__name__} ({code})"
        if self._engine.dialect.name == "sqlite":
            is_passing = code.startswith(_PASSING_SQLITE)
        else:
            is_passing = isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError)
        if is_passing or error.connection_invalidated:
            return StoreUnavailableError(f"does not answer: {what}", where=self.name, hint="it is tried again")
        return StoreError(f"refused: {what}", where=self.name, hint="check fields and columns")


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file, which is made, with its folder, for this user's eyes alone.

    Raises:
        OutputError: no permission, no space, or a folder is in the way.
    """
    from sqlalchemy import URL

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise OutputError(error.strerror or str(error), where=str(path), hint="choose another data_dir") from error
    return URL.create("sqlite", database=str(path.absolute())).render_as_string(hide_password=False)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    # Readers do not wait for a writer; every commit is on the disk.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
