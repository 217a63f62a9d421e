"""Columns for Arrow, equal to those of its own conversion and without pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuropose_ray.schemas.arrow_arrays import flags, known_numbers, numbers, texts, validity

KINDS = st.sampled_from([np.int16, np.int32, np.int64, np.float32, np.float64])


@given(st.data(), KINDS, st.integers(0, 70))
def test_numbers_are_those_of_the_library(data, kind, count):
    values = data.draw(arrays.arrays(kind, count))
    made = numbers(values)
    made.validate(full=True)
    assert (made.type, len(made), made.null_count) == (pa.array(values).type, count, 0)
    np.testing.assert_array_equal(made.to_numpy(), values)


@given(st.data(), KINDS, st.integers(0, 70))
def test_numbers_are_null_where_they_are_not_valid(data, kind, count):
    values, valid = data.draw(arrays.arrays(kind, count)), data.draw(arrays.arrays(np.bool_, count))
    made = numbers(values, valid)
    made.validate(full=True)
    assert made.null_count == count - valid.sum()
    np.testing.assert_array_equal(made.is_valid().to_numpy(zero_copy_only=False), valid)
    np.testing.assert_array_equal(made.drop_null().to_numpy(), values[valid])


def test_every_other_number_of_an_array_is_a_column_too():
    assert numbers(np.arange(10)[::2]).to_pylist() == [0, 2, 4, 6, 8]


@given(arrays.arrays(np.bool_, st.integers(0, 70)))
def test_flags_are_those_of_the_library(values):
    made = flags(values)
    made.validate(full=True)
    assert made.equals(pa.array(values))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_are_those_of_the_library(values):
    made = texts(values)
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.string()))


@given(st.data(), KINDS, st.integers(0, 70), st.integers(0, 70), st.integers(0, 70))
def test_numbers_and_nulls_of_any_part_of_a_column_come_back(data, kind, count, begin, length):
    values, valid = data.draw(arrays.arrays(kind, count)), data.draw(arrays.arrays(np.bool_, count))
    part = pa.array(values, mask=~valid).slice(begin, length)
    np.testing.assert_array_equal(validity(part), valid[begin : begin + length])
    known = known_numbers(part.drop_null())
    assert known.dtype == kind
    np.testing.assert_array_equal(known, values[begin : begin + length][valid[begin : begin + length]])
    if part.null_count:
        with pytest.raises(ValueError, match="are null"):
            known_numbers(part)


def test_what_is_not_text_is_refused():
    with pytest.raises(UnicodeEncodeError):
        texts(["walk.mp4", "caf\udce9.mp4"])


def test_columns_are_made_without_pandas():
    script = (
        "import sys, numpy as np\nfrom neuropose_ray.schemas.arrow_arrays import flags, numbers, texts\n"
        "numbers(np.arange(3), np.ones(3, bool)), flags(np.ones(3, bool)), texts(['a'])\n"
        "print('pyarrow' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
