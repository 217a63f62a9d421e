"""The tables of streams, sessions and open episodes, made where there are none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


class LiveTables:
    """The tables of one database.

    Args:
        url: of SQLite or PostgreSQL, as SQLAlchemy has it.
    """

    def __init__(self, url: str) -> None:
        import sqlalchemy as sa

        address = sa.make_url(url)
        if address.get_backend_name() in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        elif address.database is not None:
            _make_private(Path(address.database))
        self.engine = sa.create_engine(address, pool_pre_ping=True)
        tables = sa.MetaData()
        self.streams = sa.Table(
            "live_streams",
            tables,
            sa.Column("id", sa.String(100), primary_key=True),
            sa.Column("spec", sa.Text, nullable=False),
            sa.Column("owner", sa.String(200)),
            sa.Column("changed_at", sa.Float, nullable=False),
        )
        self.sessions = sa.Table(
            "live_sessions",
            tables,
            sa.Column("id", sa.String(200), primary_key=True),
            sa.Column("owner", sa.String(200)),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("data", sa.Text, nullable=False),
            sa.Column("changed_at", sa.Float, nullable=False),
        )
        self.episodes = sa.Table(
            "live_open_episodes",
            tables,
            sa.Column("id", sa.String(36), primary_key=True),
            sa.Column("source_key", sa.String(100), nullable=False),
            sa.Column("life", sa.String(100), nullable=False),
            sa.Column("pipeline", sa.Text, nullable=False),
            sa.Column("entered", sa.Text, nullable=False),
        )
        tables.create_all(self.engine)
        _add_column(self.engine, self.sessions.c.owner)


def _add_column(engine: Any, column: Any) -> None:
    """Add a column to a table that was made before there was such a one."""
    import sqlalchemy as sa

    table = column.table.name
    if column.name not in {known["name"] for known in sa.inspect(engine).get_columns(table)}:
        change = f"ALTER TABLE {table} ADD COLUMN {column.name} {column.type.compile(engine.dialect)}"
        with engine.begin() as connection:
            connection.execute(sa.text(change))


def _make_private(path: Path) -> None:
    """The file of the database for its owner alone: URLs of cameras have passwords."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
