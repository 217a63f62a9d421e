import os
import pickle
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from schemas.pose_tables import properties

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenJson, FrozenMapping, FrozenModel, StrictInt, Utf8Str

json_objects = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda values: st.lists(values) | st.dictionaries(st.text(), values),
        max_leaves=8,
    ),
)  # fmt: skip


class Record(FrozenModel):
    counts: FrozenMapping[str, tuple[int, ...]] = Field(default={}, validate_default=True)
    settings: FrozenJson = Field(default={}, validate_default=True)
    number: FiniteFloat = 0.0
    whole: StrictInt = 0
    name: Utf8Str = ""


@properties
@given(json_objects)
def test_any_json_object_comes_back_from_json(settings):
    record = Record(settings=settings)
    assert record.model_dump()["settings"] == settings
    assert Record.model_validate_json(record.model_dump_json()) == record


def test_nothing_can_be_changed_at_any_depth():
    record = Record(counts={"a": (1, 2)}, settings={"detector": {"sizes": [1, {"deep": 2}]}})
    with pytest.raises(ValidationError, match="frozen"):
        record.number = 1.0
    for mapping in (
        record.counts,
        record.settings,
        record.settings["detector"],
        record.settings["detector"]["sizes"][1],
    ):
        with pytest.raises(TypeError, match="item assignment"):
            mapping["a"] = 3
    assert isinstance(record.settings["detector"]["sizes"], tuple)


def test_the_callers_own_mapping_is_not_shared():
    counts = {"a": (1,)}
    record = Record(counts=counts)
    counts["b"] = (2,)
    assert dict(record.counts) == {"a": (1,)}


def test_records_travel_between_processes():
    record = Record(counts={"a": (1,)}, settings={"b": {"c": [None]}})
    assert pickle.loads(pickle.dumps(record)) == deepcopy(record) == record


def test_frozen_settings_can_be_passed_on_to_another_record():
    record = Record(settings={"a": {"b": [1]}})
    assert Record(settings=record.settings) == record


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_becomes_null(value):
    assert Record(settings={"a": [value]}).settings["a"] == (None,)


def test_a_file_name_that_is_not_utf8_can_be_stored():
    record = Record(name=os.fsdecode(b"caf\xe9.mp4"))
    assert Record.model_validate_json(record.model_dump_json()).name == "caf\N{REPLACEMENT CHARACTER}.mp4"


@pytest.mark.parametrize("fields", [
    {"number": "1"}, {"number": True}, {"number": float("nan")}, {"number": 10**400},
    {"whole": "1"}, {"whole": True}, {"whole": 1.5}, {"unknown": 1},
])  # fmt: skip
def test_other_types_and_unknown_fields_are_refused(fields):
    with pytest.raises(ValidationError):
        Record(**fields)
