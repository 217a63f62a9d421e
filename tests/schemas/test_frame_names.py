import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.frame_names import frame_name


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_names_are_in_the_order_of_their_frames(first, second):
    assert (frame_name(first) < frame_name(second)) == (first < second)


@pytest.mark.parametrize(("index", "name"), [(0, "frame_000000"), (42, "frame_000042"), (1_000_000, "frame_1000000")])
def test_names_are_those_of_neuropose(index, name):
    assert frame_name(index) == name
