import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.segmentation.cycles import time_normalise
from neuropose_ray.schemas.segmentation import Segment

KINDS = pytest.mark.parametrize("kind", ["linear", "cubic"])


def windows(*bounds):
    return [Segment(start=start, peak=start, end=end) for start, end in bounds]


@KINDS
def test_cycles_of_any_length_lie_on_each_other(kind):
    times = np.arange(121) / 60
    phase = np.where(np.arange(121) <= 40, np.arange(121) / 40, (np.arange(121) - 40) / 80)
    curve = np.sin(2 * np.pi * phase)
    cycles = time_normalise(np.stack([curve, 2 * curve], 1), times, windows((0, 41), (40, 121)), kind=kind)
    assert cycles.values.shape == (2, 101, 2)
    assert cycles.percent[[0, 50, 100]].tolist() == [0, 50, 100]
    np.testing.assert_allclose(cycles.durations_s, [40 / 60, 80 / 60])
    expected = np.sin(2 * np.pi * cycles.percent / 100)
    np.testing.assert_allclose(cycles.mean, np.stack([expected, 2 * expected], 1), atol=0.01)
    np.testing.assert_allclose(cycles.sd, 0, atol=0.01)
    assert (cycles.n == 2).all()


@settings(max_examples=25)
@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=30), st.sampled_from(["linear", "cubic"]))
def test_uneven_times_are_respected(intervals, kind):
    times = np.cumsum(intervals)
    cycles = time_normalise(3 * times + 1, times, windows((0, len(times))), points=11, kind=kind)
    np.testing.assert_allclose(cycles.values[0], np.linspace(3 * times[0] + 1, 3 * times[-1] + 1, 11), rtol=1e-6)


@KINDS
def test_missing_frames_stay_missing_and_spread_no_further_than_their_neighbours(kind):
    times = np.arange(21.0)
    values = np.stack([times, times], 1)
    values[10, 0] = np.nan
    curve = time_normalise(values, times, windows((0, 21)), points=41, kind=kind).values[0]
    assert np.flatnonzero(np.isnan(curve[:, 0])).tolist() == [19, 20, 21]
    np.testing.assert_allclose(curve[:, 1], np.linspace(0, 20, 41), atol=1e-9)


def test_mean_and_spread_count_what_is_known():
    values = np.array([1.0, 1, 1, 3, 3, 3, np.nan, np.nan, np.nan])
    cycles = time_normalise(values, np.arange(9.0), windows((0, 3), (3, 6), (6, 9)), points=3)
    assert cycles.n.tolist() == [2, 2, 2]
    assert cycles.mean.tolist() == [2, 2, 2]
    np.testing.assert_allclose(cycles.sd, np.sqrt(2))
    single = time_normalise(values, np.arange(9.0), windows((0, 3)), points=3)
    assert np.isnan(single.sd).all()
    nothing = time_normalise(values, np.arange(9.0), [], points=3)
    assert nothing.values.shape == (0, 3)
    assert np.isnan(nothing.mean).all()


def test_what_does_not_fit_is_refused():
    times = np.arange(5.0)
    for arguments in (
        {"windows": windows((0, 1))}, {"windows": windows((0, 6))}, {"windows": [], "points": 1},
        {"windows": [], "values": np.zeros(4)},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r".+"):
            time_normalise(**({"values": times, "timestamps_s": times} | arguments))
