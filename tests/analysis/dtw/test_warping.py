"""Exact warping against the definition, and NeuroPose's approximation as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.analysis.dtw.warping import band_window, warp_distance, warp_path, z_normalised
from neuropose_ray.errors import SequenceError

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 24)


def walks(seed, frames_a, frames_b, channels=2):
    random = np.random.default_rng(seed)
    return [np.cumsum(random.normal(size=(frames, channels)), axis=0) for frames in (frames_a, frames_b)]


def naive_distance(a, b, allowed=None, begin=0, end=0):
    """The recursion as it is written down, cell by cell."""
    n, m = len(a), len(b)
    total = np.full((n, m), np.inf)
    for i in range(n):
        for j in range(m):
            if allowed is not None and not allowed[i, j]:
                continue
            before = [total[i - 1, j - 1]] if i and j else []
            before += [total[i - 1, j]] if i else []
            before += [total[i, j - 1]] if j else []
            if (i == 0 and j <= begin) or (j == 0 and i <= begin):
                before = [0.0]
            total[i, j] = np.sqrt(((a[i] - b[j]) ** 2).sum()) + min(before)
    return min(total[n - 1, m - 1 - end :].min(), total[n - 1 - end :, m - 1].min())


def cells(window, frames_b):
    allowed = np.zeros((len(window), frames_b), bool)
    for row, (first, last) in enumerate(window):
        allowed[row, first:last] = True
    return allowed


def assert_walks(path, distance, a, b):
    """Monotone in single steps, and its costs add up to the distance."""
    steps = np.diff(path, axis=0)
    assert {tuple(step) for step in steps} <= {(1, 0), (0, 1), (1, 1)}
    costs = [np.linalg.norm(a[i] - b[j]) for i, j in path]
    assert distance == pytest.approx(sum(costs), rel=1e-12, abs=1e-12)


@given(seed=seeds, frames_a=lengths, frames_b=lengths, channels=st.integers(1, 9))
@settings(max_examples=40)
def test_the_distance_is_that_of_the_definition_and_the_path_reaches_it(seed, frames_a, frames_b, channels):
    a, b = walks(seed, frames_a, frames_b, channels)
    result = warp_path(a, b)
    assert result.distance == pytest.approx(naive_distance(a, b), rel=1e-12)
    assert (result.path[0], result.path[-1]) == ((0, 0), (frames_a - 1, frames_b - 1))
    assert_walks(result.path, result.distance, a, b)


@given(seed=seeds, frames_a=lengths, frames_b=lengths, band=st.integers(0, 6))
@settings(max_examples=40)
def test_a_band_bounds_the_path_and_always_reaches_the_end(seed, frames_a, frames_b, band):
    a, b = walks(seed, frames_a, frames_b)
    allowed = cells(band_window(frames_a, frames_b, band), frames_b)
    np.testing.assert_array_equal(allowed.T, cells(band_window(frames_b, frames_a, band), frames_a))
    result = warp_path(a, b, WarpingSettings(band=band))
    assert all(allowed[i, j] for i, j in result.path)
    assert result.distance == pytest.approx(naive_distance(a, b, allowed), rel=1e-12)
    assert_walks(result.path, result.distance, a, b)


def test_a_band_of_equal_lengths_is_sakoe_and_chibas():
    rows, columns = np.indices((30, 30))
    np.testing.assert_array_equal(cells(band_window(30, 30, 3), 30), abs(rows - columns) <= 3)
    np.testing.assert_array_equal(band_window(30, 30, 0.1), band_window(30, 30, 3))
    a, b = walks(0, 30, 30)
    euclidean = np.linalg.norm(a - b, axis=1).sum()
    assert warp_distance(a, b, WarpingSettings(band=0)) == pytest.approx(euclidean, rel=1e-12)


@given(
    seed=seeds,
    frames_a=st.integers(4, 20),
    frames_b=st.integers(4, 20),
    begin=st.integers(0, 3),
    end=st.integers(0, 3),
)
@settings(max_examples=40)
def test_open_ends_leave_out_no_more_than_they_may(seed, frames_a, frames_b, begin, end):
    a, b = walks(seed, frames_a, frames_b)
    result = warp_path(a, b, WarpingSettings(open_begin=begin, open_end=end))
    assert result.distance == pytest.approx(naive_distance(a, b, begin=begin, end=end), rel=1e-12)
    assert_walks(result.path, result.distance, a, b)
    first, last = result.path[0], result.path[-1]
    assert min(first) == 0
    assert max(first) <= begin
    assert min(frames_a - 1 - last[0], frames_b - 1 - last[1]) == 0
    assert max(frames_a - 1 - last[0], frames_b - 1 - last[1]) <= end


def test_a_badly_cut_repetition_costs_nothing_where_ends_are_open():
    a, _ = walks(3, 40, 1)
    cut = WarpingSettings(open_begin=5, open_end=4)
    assert warp_distance(a, a[5:-4], cut) == 0
    assert warp_path(a[5:-4], a, cut).path == [(i, i + 5) for i in range(31)]
    assert warp_distance(a, a[6:-4], cut) > 0


@given(seed=seeds, frames_a=lengths, frames_b=lengths, normalise=st.booleans(), band=st.sampled_from([None, 0.1, 2]))
@settings(max_examples=40)
def test_the_distance_alone_is_that_of_the_path_and_the_same_both_ways(seed, frames_a, frames_b, normalise, band):
    a, b = walks(seed, frames_a, frames_b)
    chosen = WarpingSettings(path_normalise=normalise, band=band, open_end=0.1)
    result = warp_path(a, b, chosen)
    assert warp_distance(a, b, chosen) == result.distance
    assert warp_distance(b, a, chosen) == pytest.approx(result.distance, rel=1e-12)


def test_division_by_the_path_makes_long_and_short_trials_comparable():
    a, b = np.zeros((50, 1)), np.ones((70, 1))
    assert warp_distance(a, b) == 70
    assert warp_distance(a, b, WarpingSettings(path_normalise=True)) == 1


def test_still_sequences_are_walked_along_the_diagonal():
    still = np.ones((4, 3))
    assert warp_path(still, still).path == [(0, 0), (1, 1), (2, 2), (3, 3)]


@given(seed=seeds, frames_a=st.integers(3, 40), frames_b=st.integers(3, 40), channels=st.integers(1, 4))
@settings(max_examples=25)
def test_exact_is_never_farther_than_fastdtw_and_fastdtw_is_the_librarys(seed, frames_a, frames_b, channels):
    from fastdtw import fastdtw

    a, b = walks(seed, frames_a, frames_b, channels)
    exact, approximate = warp_path(a, b), warp_path(a, b, WarpingSettings(method="fastdtw"))
    assert exact.distance <= approximate.distance * (1 + 1e-12)
    assert (approximate.distance, approximate.path) == fastdtw(a, b, radius=1, dist=2)


def test_fastdtw_finds_a_longer_way_where_the_exact_one_is_short():
    a, b = walks(5, 200, 180, 1)
    excess = warp_path(a, b, WarpingSettings(method="fastdtw")).distance / warp_path(a, b).distance
    assert excess > 1.001


@given(seed=seeds, gain=st.floats(0.1, 100), offset=st.floats(-1e3, 1e3))
@settings(max_examples=20)
def test_z_normalised_shapes_are_compared_without_size_or_place(seed, gain, offset):
    a, b = walks(seed, 20, 25)
    chosen = WarpingSettings(z_normalise=True)
    assert warp_distance(gain * a + offset, b, chosen) == pytest.approx(warp_distance(a, b, chosen), rel=1e-6)


def test_a_constant_channel_becomes_zeros_and_a_missing_number_its_channel_nan():
    values = np.array([[0.1, 1.0, np.nan], [0.1, 3.0, 2.0], [0.1, 5.0, 3.0]])
    normalised = z_normalised(values)
    np.testing.assert_array_equal(normalised[:, 0], 0)
    np.testing.assert_allclose(normalised[:, 1], [-np.sqrt(1.5), 0, np.sqrt(1.5)])
    assert np.isnan(normalised[:, 2]).all()


def test_arrays_that_cannot_be_written_to_or_lie_otherwise_in_memory_are_taken_as_they_are():
    a, b = walks(1, 12, 15, 3)
    locked, transposed = a.copy(), np.asfortranarray(b)
    locked.setflags(write=False)
    assert warp_path(locked, transposed) == warp_path(a, b)
    assert warp_distance(a.astype(np.float32), b) == pytest.approx(warp_distance(a, b), rel=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((0, 2)), np.zeros((3, 2)), "nothing to compare"),
        (np.zeros((3, 2)), np.zeros((3, 4)), "equal channels"),
        (np.array([[np.nan]]), np.zeros((3, 1)), "infs or NaNs"),
        (np.full((3, 1), 1e308), np.full((3, 1), -1e308), "too large"),
    ],
)
@pytest.mark.parametrize("warp", [warp_path, warp_distance])
def test_sequences_that_cannot_be_compared_are_refused_in_one_line(warp, a, b, message):
    with pytest.raises(SequenceError, match=message) as caught:
        warp(a, b)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)
