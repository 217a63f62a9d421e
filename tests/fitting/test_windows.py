"""Windows cover a sequence, fit into memory, and put together give back what they were cut from."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.fitting.windows import blend, plan_windows, sample_frames

PLANS = st.tuples(st.integers(1, 2000), st.integers(10, 300), st.integers(0, 200))


@given(PLANS)
def test_windows_cover_everything_and_are_no_larger_than_asked(plan):
    frames, size, overlap = plan
    windows = plan_windows(frames, size, overlap)
    assert (windows[0].start, windows[-1].stop) == (0, frames)
    assert all(window.stop - window.start <= size for window in windows)
    for window, following in pairwise(windows):
        assert window.start < following.start <= window.stop
        assert window.stop - following.start == min(overlap, size // 3)


@given(PLANS)
def test_parts_of_one_sequence_blend_into_it(plan):
    frames, size, overlap = plan
    whole = np.random.default_rng(0).normal(size=(2, frames))
    windows = plan_windows(frames, size, overlap)
    parts = [whole[:, window.start : window.stop] for window in windows]
    np.testing.assert_allclose(blend(windows, parts, frames), whole, atol=1e-12)


@given(st.integers(1, 3000), st.integers(10, 300))
def test_a_sample_is_ascending_spread_and_bounded(frames, size):
    chosen, segments = sample_frames(frames, size, np.zeros(frames, int))
    assert len(chosen) <= size or frames <= size
    assert (np.diff(chosen) > 0).all()
    assert (np.diff(segments)[np.diff(chosen) > 1] == 1).all()
    assert chosen[0] == 0
    assert chosen[-1] == frames - 1
