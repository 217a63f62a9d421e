import math

import pytest

from neuropose_ray.analysis.measures.summary import Summary, summarise


def test_mean_and_sample_deviation_of_what_is_known():
    assert summarise([1.0, math.nan, 3.0]) == Summary(2.0, pytest.approx(math.sqrt(2)), 2)


def test_one_value_has_no_deviation_and_none_has_no_mean():
    one, none = summarise([4.0]), summarise([math.nan])
    assert (one.mean, one.n, none.n) == (4.0, 1, 0)
    assert math.isnan(one.sd)
    assert math.isnan(none.mean)
