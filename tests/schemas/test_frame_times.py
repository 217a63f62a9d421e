"""The same frame in two tables is found by its time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.schemas.frame_times import matching_frames


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
@settings(max_examples=60)
def test_a_time_is_found_where_it_is_and_nowhere_else(first, second):
    first, second = sorted(first), sorted(second)
    rows = matching_frames(np.array(first) / 59.94, np.array(second) / 59.94)
    assert rows.tolist() == [second.index(frame) if frame in second else -1 for frame in first]


def test_times_that_were_rounded_in_a_file_are_the_same():
    assert matching_frames(np.array([0.0333333]), np.array([0, 1 / 30])).tolist() == [1]
