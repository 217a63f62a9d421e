import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.analysis.measures.symmetry import symmetry_index

LENGTHS = st.floats(0.1, 1e4)


@pytest.mark.parametrize(
    ("right", "left", "index"), [(1, 1, 0), (110, 90, 20), (90, 110, -20), (5, 0, 200), (0, 5, -200)]
)
def test_the_index_is_the_difference_in_per_cent_of_the_mean(right, left, index):
    assert symmetry_index(right, left) == pytest.approx(index)


@given(LENGTHS, LENGTHS, LENGTHS)
def test_it_has_no_unit_and_changes_its_sign_with_the_sides(right, left, scale):
    assert symmetry_index(scale * right, scale * left) == pytest.approx(symmetry_index(right, left), abs=1e-9)
    assert symmetry_index(left, right) == pytest.approx(-symmetry_index(right, left))
    assert symmetry_index(-right, -left) == pytest.approx(-symmetry_index(right, left))


@pytest.mark.parametrize(("right", "left"), [(0, 0), (math.nan, 1), (1, math.inf), (-1, 1)])
def test_what_cannot_be_compared_is_nan(right, left):
    assert math.isnan(symmetry_index(right, left))
