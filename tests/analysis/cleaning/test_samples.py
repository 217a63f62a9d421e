import numpy as np
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from neuropose_ray.analysis.cleaning.samples import filter_runs, short_runs, sliding_medians, unbroken_runs


@given(st.lists(st.booleans(), max_size=40))
@examples(max_examples=25)
def test_runs_cover_exactly_what_is_known(flags):
    known = np.array(flags, bool)
    covered = np.zeros(len(known), int)
    for first, end in unbroken_runs(known):
        assert end > first
        assert first == 0 or not known[first - 1]
        assert end == len(known) or not known[end]
        covered[first:end] += 1
    np.testing.assert_array_equal(covered, known)


def test_every_run_is_filtered_by_itself_and_short_ones_are_left():
    positions = np.ones((10, 2, 3))
    positions[4, 0] = np.nan
    positions[2, 1, 1] = np.nan  # one missing coordinate breaks the run
    lengths = filter_runs(positions, 5, lambda run: np.full_like(run, len(run)))
    np.testing.assert_array_equal(lengths[:, 0, 0], [1, 1, 1, 1, np.nan, 5, 5, 5, 5, 5])
    np.testing.assert_array_equal(lengths[:, 1, 0], [1, 1, 1, 7, 7, 7, 7, 7, 7, 7])
    assert short_runs(positions, 5) == 2


@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(-100, 100)), min_size=1, max_size=20), st.sampled_from([3, 5, 7])
)
@examples(max_examples=25)
def test_sliding_medians_are_those_of_numpy_without_the_missing(values, window):
    series = np.array(values)
    median, deviation = (
        each[:, 0] for each in sliding_medians(series[:, None], np.ones((len(series), window), bool))
    )
    for frame in range(len(series)):
        around = series[max(0, frame - window // 2) : frame + window // 2 + 1]
        around = around[np.isfinite(around)]
        middle = np.median(around) if len(around) else np.nan
        np.testing.assert_array_equal(median[frame], middle)  # unlike assert_equal it takes -0.0 for 0.0
        np.testing.assert_array_equal(deviation[frame], np.median(np.abs(around - middle)) if len(around) else np.nan)
