"""Columns of a stated type out of Python values, equal to those of Arrow's own conversion."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.schemas.typed_columns import arrow_column, arrow_type

VALUES = {
    "bool": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float32": st.floats(width=32, allow_nan=False),
    "float64": st.floats(allow_nan=False),
    "string": st.text(max_size=5),
    "binary": st.binary(max_size=5),
    "list<uint8>": st.lists(st.integers(0, 255), max_size=3),
    "list<string>": st.lists(st.text(max_size=3), max_size=3),
}


@pytest.mark.parametrize("name", VALUES)
@given(st.data())
@settings(max_examples=15)
def test_values_come_back_as_they_were_and_none_is_null(name, data):
    values = data.draw(st.lists(st.none() | VALUES[name], max_size=20))
    column = arrow_column(values, name)
    column.validate(full=True)
    assert column.type == arrow_type(name)
    assert column.to_pylist() == values
    assert column.equals(pa.array(values, arrow_type(name)))


def test_an_unknown_type_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown column type 'int7'; there are bool, int32"):
        arrow_type("int7")


@pytest.mark.parametrize(("value", "name"), [("a", "int64"), (2**64, "int64"), (300, "list<uint8>")])
def test_a_value_that_does_not_fit_is_refused(value, name):
    with pytest.raises((ValueError, TypeError, OverflowError)):
        arrow_column([value if name == "int64" else [value]], name)
