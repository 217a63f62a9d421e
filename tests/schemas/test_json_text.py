"""Whatever a stranger sends is JSON, or one kind of error."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.json_text import parsed_json


@given(st.text(alphabet='[]{}":,0.eNa ', max_size=20) | st.binary(max_size=20))
def test_a_text_is_what_python_says_it_is(text: str | bytes):
    try:
        value = json.loads(text)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            parsed_json(text)
    else:
        assert repr(parsed_json(text)) == repr(value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_levels_without_end_are_no_json(text: str):
    with pytest.raises(ValueError, match="too many levels"):
        parsed_json(text)


def test_numbers_are_read_as_the_caller_wants():
    assert parsed_json("[NaN, 1.5]", parse_constant=lambda _: None, parse_float=str) == [None, "1.5"]
