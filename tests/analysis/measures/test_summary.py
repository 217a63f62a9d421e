import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.analysis.measures.summary import Summary, summarise, symmetry_index


def test_mean_and_sample_deviation_of_what_is_known():
    assert summarise([1.0, math.nan, 3.0]) == Summary(2.0, pytest.approx(math.sqrt(2)), 2)


def test_one_value_has_no_deviation_and_none_has_no_mean():
    one, none = summarise([4.0]), summarise([math.nan])
    assert (one.mean, one.n, none.n) == (4.0, 1, 0)
    assert math.isnan(one.sd)
    assert math.isnan(none.mean)


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
