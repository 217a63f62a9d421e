"""Missing numbers before warping."""

import numpy as np
import pytest

from neuropose_ray.analysis.dtw.missing import without_missing
from neuropose_ray.errors import SequenceError

nan, inf = np.nan, np.inf
GAPPY = np.array([[nan, 1.0], [2.0, 2.0], [inf, 3.0], [4.0, nan], [5.0, nan]])


def test_interpolation_draws_lines_between_known_frames_and_holds_the_ends():
    filled = without_missing(GAPPY, "interpolate")
    np.testing.assert_array_equal(filled, [[2, 1], [2, 2], [3, 3], [4, 3], [5, 3]])
    assert np.isnan(GAPPY[0, 0])


def test_drop_keeps_the_complete_frames_alone():
    np.testing.assert_array_equal(without_missing(GAPPY, "drop"), [[2, 2]])


def test_complete_sequences_stay_as_they_are():
    complete = np.arange(6.0).reshape(3, 2)
    for policy in ("propagate", "interpolate", "drop"):
        np.testing.assert_array_equal(without_missing(complete, policy), complete)


@pytest.mark.parametrize(
    ("values", "policy", "message"),
    [
        (GAPPY, "propagate", "infs or NaNs"),
        (np.full((3, 1), nan), "interpolate", "all values are NaN in channel 0"),
        (np.array([[nan, 1], [1, nan]]), "drop", "every frame"),
        (GAPPY, "ignore", "unknown nan_policy 'ignore'; there are: propagate, interpolate, drop"),
    ],
)
def test_what_cannot_be_helped_is_refused_in_neuroposes_words(values, policy, message):
    with pytest.raises(SequenceError, match=message):
        without_missing(values, policy)
