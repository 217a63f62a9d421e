"""A database that is away is tried again, one that refuses is not, and neither says its password."""

import sqlite3
import stat
import time
from pathlib import Path

import pytest
from support.postgresql import PostgresServer

from neuropose_ray.errors import OutputError, StoreError, StoreUnavailableError
from neuropose_ray.stores.sql import SqlDatabase, sqlite_url


def connect(url: str, timeout_s: float = 1.0) -> SqlDatabase:
    return SqlDatabase(url, timeout_s=timeout_s, pool_size=2)


def ask(database: SqlDatabase, statement: str = "SELECT 1") -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql(statement)


def test_a_server_that_went_away_and_came_back_is_used_again(postgres_server: PostgresServer):
    database = connect(postgres_server.new_database("sql"))
    ask(database)
    postgres_server.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match=r"postgresql://127\.0\.0\.1.*does not answer"):
                ask(database)
    finally:
        postgres_server.start()
    ask(database)
    database.close()


@pytest.mark.parametrize("database", ["missing", "postgres"])
def test_no_message_has_a_user_or_a_password(postgres: str, database: str):
    url = postgres.replace("test@", "nobody:sesame@") + f"/{database}"
    with pytest.raises(StoreUnavailableError) as caught:
        ask(connect(url))
    assert "nobody" not in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_locked_file_is_tried_again_and_a_wrong_statement_is_not(tmp_path: Path):
    url = sqlite_url(tmp_path / "a.sqlite")
    database = connect(url, timeout_s=0.05)
    with pytest.raises(StoreError, match="refused") as caught:
        ask(database, "SELECT nothing FROM nowhere")
    assert not caught.value.retryable
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="SQLITE_BUSY"):
        ask(database)
    other.execute("COMMIT")
    ask(database)
    database.close()


def test_a_file_that_is_no_database_may_be_put_right(tmp_path: Path):
    url = sqlite_url(tmp_path / "a.sqlite")
    (tmp_path / "a.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StoreUnavailableError, match="NOTADB"):
        ask(connect(url))


def test_a_file_is_for_its_user_alone(tmp_path: Path):
    url = sqlite_url(tmp_path / "new" / "a.sqlite")
    database = connect(url)
    ask(database, "CREATE TABLE a (b INTEGER)")
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "new").iterdir())
    database.close()
    with pytest.raises(OutputError, match="choose another data_dir"):
        sqlite_url(tmp_path / "new" / "a.sqlite" / "b.sqlite")


def test_a_host_that_is_not_there_is_noticed_within_its_time():
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        ask(connect("postgresql://127.0.0.1:1/none"))
    assert time.monotonic() - began < 30
