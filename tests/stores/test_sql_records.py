"""Records are made once for an action, changed by fields, found by key, and never by a statement from outside."""

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from neuropose_ray.errors import StoreError
from neuropose_ray.stores import RecordOrigin, RecordStore

ORIGIN = RecordOrigin("action-1", "decision-1", "visit 7", "Room 3", 4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def test_a_record_is_made_once_however_often_its_action_is_done(records: RecordStore):
    assert [records.create("squats", "k", {"count": 3}, ORIGIN) for _ in range(3)] == [True, False, False]
    (record,) = records.list("squats")
    assert (record.key, record.data, record.session_id, record.camera_id, record.track_id) == (
        "k", {"count": 3}, "visit 7", "Room 3", 4
    )  # fmt: skip
    assert record.created_at is not None
    assert record.created_at.tzinfo is not None


def test_a_record_of_another_action_is_not_taken_for_ones_own(records: RecordStore):
    records.create("squats", "k", {"count": 3}, ORIGIN)
    with pytest.raises(StoreError, match=r"squats: another action .*record\.upsert"):
        records.create("squats", "k", {"count": 4}, replace(ORIGIN, record_id="action-2"))
    assert records.get("squats", "k").data == {"count": 3}


def test_an_update_sets_fields_and_leaves_the_others(records: RecordStore):
    records.create("squats", "k", {"count": 3, "left": 1}, ORIGIN)
    for _ in range(2):
        records.update("squats", "k", {"count": 4, "right": None})
    assert records.get("squats", "k").data == {"count": 4, "left": 1, "right": None}
    with pytest.raises(StoreError, match="no record of this key"):
        records.update("squats", "other", {"count": 4})
    with pytest.raises(StoreError, match="no record of this key"):
        records.update("jumps", "k", {"count": 4})


def test_an_upsert_makes_what_is_not_there_and_changes_what_is(records: RecordStore):
    assert [records.upsert("squats", "k", {"count": n}, ORIGIN) for n in (1, 2)] == [True, False]
    assert records.get("squats", "k").data == {"count": 2}


def test_records_are_found_by_what_they_are_stamped_with(records: RecordStore):
    records.create("squats", "a", {}, ORIGIN)
    records.create("squats", "b", {}, replace(ORIGIN, record_id="action-2"))
    records.create("squats", "c", {}, replace(ORIGIN, record_id="action-3", session_id="visit 8", track_id=5))
    records.update("squats", "visit 7", {"seen": True}, key_field="session_id")
    records.update("squats", "5", {"seen": False}, key_field="track_id")
    assert [record.data for record in records.list("squats")] == [{"seen": True}, {"seen": True}, {"seen": False}]
    ninth = replace(ORIGIN, record_id="action-9")
    assert records.upsert("squats", "visit 9", {"n": 1}, ninth, key_field="session_id")
    assert not records.upsert("squats", "visit 9", {"n": 2}, ninth, key_field="session_id")
    assert [record.data for record in records.list("squats", session_id="visit 9")] == [{"n": 2}]
    assert [record.key for record in records.list("squats", session_id="visit 7")] == ["a", "b"]


def test_a_list_goes_on_after_a_key(records: RecordStore):
    for number in range(5):
        records.create("squats", f"k{number}", {}, replace(ORIGIN, record_id=f"action-{number}"))
    first = records.list("squats", limit=3)
    assert [record.key for record in (*first, *records.list("squats", after=first[-1].key))] == [
        f"k{number}" for number in range(5)
    ]


@pytest.mark.parametrize("field", ["data", "collection", "1=1", 'key" OR "1', "created_at", ""])
def test_a_field_to_find_by_is_one_of_few(records: RecordStore, field: str):
    with pytest.raises(StoreError, match="are not found by"):
        records.update("squats", "k", {"a": 1}, key_field=field)


@pytest.mark.parametrize("collection", ["", "a b", "x; DROP TABLE neuropose_records", "../x", "ä", "a" * 101])
def test_a_collection_has_a_name(records: RecordStore, collection: str):
    with pytest.raises(StoreError, match="not a name of a collection"):
        records.create(collection, "k", {}, ORIGIN)


@pytest.mark.parametrize("key", ["", "a" * 513, "a\0b"])
def test_a_key_is_text_of_some_letters(records: RecordStore, key: str):
    with pytest.raises(StoreError, match="not a key of a record"):
        records.create("squats", key, {}, ORIGIN)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=30), value=JSON)
def test_any_text_is_a_key_and_any_json_a_field(records: RecordStore, key: str, value: JsonValue):
    records.upsert("any", key, {"value": value}, ORIGIN)
    record = records.get("any", key)
    assert record is not None
    assert record.data == {"value": value}


def test_hostile_values_are_values(records: RecordStore):
    hostile = "x'); DROP TABLE neuropose_records; --"
    records.create("squats", hostile, {hostile: hostile}, replace(ORIGIN, session_id=hostile))
    (record,) = records.list("squats", session_id=hostile)
    assert (record.key, record.data) == (hostile, {hostile: hostile})


def test_many_at_once_lose_nothing(records: RecordStore):
    records.create("squats", "k", {}, ORIGIN)
    threads = [
        threading.Thread(target=records.update, args=("squats", "k", {f"field{number}": number}))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.get("squats", "k").data == {f"field{number}": number for number in range(8)}


def test_reset_deletes_all_records_and_says_how_many(records: RecordStore):
    records.migrate()
    records.create("squats", "k", {}, ORIGIN)
    records.create("jumps", "k", {}, ORIGIN)
    assert records.reset() == 2
    assert records.list("squats") == ()


def test_tables_of_a_newer_version_are_refused(records: RecordStore, records_url: str):
    from sqlalchemy import create_engine, text

    records.migrate()
    engine = create_engine(records_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO neuropose_store VALUES (99)"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer version.*update neuropose-ray"):
        records.migrate()
