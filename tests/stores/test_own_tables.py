"""A collection may be a table of the user's own: fields are its columns, and nothing of it is changed but rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from neuropose_ray.errors import StoreError
from neuropose_ray.stores import RecordOrigin, RecordStore, StoreSettings, open_stores

ORIGIN = RecordOrigin("5f0c1f0e-6f0e-4c0e-9a57-1c2b7d8e9f04", "decision-1", "visit 7", "Room 3", 4)
TRIALS = (
    "CREATE TABLE trials (trial_id VARCHAR(100) PRIMARY KEY, session_id TEXT, decision_id TEXT, count INTEGER,"
    " height DOUBLE PRECISION, is_good BOOLEAN, at TIMESTAMP, notes TEXT)"
)


@pytest.fixture
def table(records_url: str, tmp_path: Path) -> Iterator[Callable[..., RecordStore]]:
    """Make a table and the store of a collection ``trials`` in it."""
    from sqlalchemy import create_engine, text

    opened = []

    def made(statement: str = TRIALS, key: str = "trial_id", name: str = "trials") -> RecordStore:
        engine = create_engine(records_url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()
        collections = {"trials": {"table": name, "key": key}}
        settings = StoreSettings.model_validate({"records_url": records_url, "collections": collections})
        opened.append(open_stores(settings, tmp_path))
        return opened[-1].records

    yield made
    for stores in opened:
        stores.close()


def test_a_row_is_made_once_and_stamped_where_the_table_has_columns_for_it(table: Callable[..., RecordStore]):
    records = table()
    fields = {"count": 3, "height": 1.5, "is_good": True, "at": 1_700_000_000.0, "notes": {"a": [1]}}
    assert [records.create("trials", "t1", fields, ORIGIN) for _ in range(2)] == [True, False]
    record = records.get("trials", "t1")
    assert record is not None
    assert record.session_id == "visit 7"
    assert {name: record.data[name] for name in ("trial_id", "count", "height", "decision_id", "notes")} == {
        "trial_id": "t1", "count": 3, "height": 1.5, "decision_id": "decision-1", "notes": '{"a": [1]}'
    }  # fmt: skip
    assert bool(record.data["is_good"]) is True
    assert str(record.data["at"]).startswith("2023-11-14T22:13:20")


def test_a_row_of_another_decision_is_not_taken_for_ones_own(table: Callable[..., RecordStore]):
    records = table()
    records.create("trials", "t1", {"count": 3}, ORIGIN)
    with pytest.raises(StoreError, match="another action"):
        records.create("trials", "t1", {"count": 4}, replace(ORIGIN, decision_id="decision-2"))


def test_rows_are_changed_by_key_and_by_other_columns(table: Callable[..., RecordStore]):
    records = table()
    records.create("trials", "t1", {"count": 3}, ORIGIN)
    records.update("trials", "t1", {"count": 4})
    records.update("trials", "visit 7", {"height": 2}, key_field="session_id")
    assert [records.upsert("trials", "t2", {"count": n}, ORIGIN) for n in (1, 2)] == [True, False]
    assert [(record.key, record.data["count"], record.data["height"]) for record in records.list("trials")] == [
        ("t1", 4, 2.0), ("t2", 2, None)
    ]  # fmt: skip
    assert [record.key for record in records.list("trials", session_id="visit 7", after="t1")] == ["t2"]
    with pytest.raises(StoreError, match="no record of this key"):
        records.update("trials", "t3", {"count": 4})


@pytest.mark.parametrize("column", ["counts", "trial_id; DROP TABLE trials", "rowid", ""])
def test_a_field_that_is_no_column_is_refused_with_those_there_are(table: Callable[..., RecordStore], column: str):
    records = table()
    with pytest.raises(StoreError, match=r"no column .* in trials; it has trial_id, "):
        records.create("trials", "t1", {column: 1}, ORIGIN)
    with pytest.raises(StoreError, match="no column"):
        records.update("trials", "t1", {"count": 1}, key_field=column)
    assert records.list("trials") == ()


@pytest.mark.parametrize(
    ("column", "value"), [("count", "many"), ("count", [1]), ("height", {}), ("is_good", "perhaps"), ("at", "noon")]
)
def test_a_value_that_is_none_of_its_column_is_refused_by_name(
    table: Callable[..., RecordStore], column: str, value: object
):
    with pytest.raises(StoreError, match=f"does not become a .*{column}"):
        table().create("trials", "t1", {column: value}, ORIGIN)


def test_a_key_must_be_unique_and_the_table_be_there(table: Callable[..., RecordStore]):
    records = table("CREATE TABLE loose (trial_id VARCHAR(100), count INTEGER)", name="loose")
    with pytest.raises(StoreError, match="trial_id is not unique"):
        records.create("trials", "t1", {"count": 3}, ORIGIN)
    missing = table("CREATE TABLE other (a INTEGER)", name="missing")
    with pytest.raises(StoreError, match="no table missing"):
        missing.list("trials")


def test_a_row_that_the_table_refuses_is_refused(table: Callable[..., RecordStore]):
    records = table("CREATE TABLE strict (id VARCHAR(100) PRIMARY KEY, count INTEGER NOT NULL)", "id", "strict")
    with pytest.raises(StoreError, match="refused"):
        records.create("trials", "t1", {}, ORIGIN)


def test_reset_leaves_the_users_own_tables_alone(table: Callable[..., RecordStore]):
    records = table()
    records.create("trials", "t1", {"count": 3}, ORIGIN)
    assert records.reset() == 0
    assert len(records.list("trials")) == 1
