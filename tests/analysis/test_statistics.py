"""Statistics and peaks of one signal."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

from neuropose_ray.analysis.statistics import FeatureStatistics, extract_feature_statistics, find_peaks
from neuropose_ray.errors import InputError

values = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30)


@given(values)
@settings(max_examples=50)
def test_statistics_are_those_of_the_population(signal):
    found = extract_feature_statistics(np.array(signal))
    assert found.mean == pytest.approx(statistics.fmean(signal), abs=1e-9)
    assert found.std == pytest.approx(statistics.pstdev(signal), abs=1e-9, rel=1e-9)
    assert (found.min, found.max, found.range) == (min(signal), max(signal), max(signal) - min(signal))
    assert found.coverage == 1


@given(values, st.integers(1, 5))
@settings(max_examples=25)
def test_missing_values_lower_the_coverage_and_nothing_else(signal, missing):
    known = extract_feature_statistics(signal)
    found = extract_feature_statistics([*signal, *[np.nan] * missing])
    assert (found.mean, found.std, found.min, found.max) == (known.mean, known.std, known.min, known.max)
    assert found.coverage == pytest.approx(len(signal) / (len(signal) + missing))


def test_where_nothing_is_known_nothing_is_said():
    found = extract_feature_statistics([np.nan, np.nan])
    assert np.isnan([found.mean, found.std, found.min, found.max, found.range]).all()
    assert found.coverage == 0


def test_statistics_can_be_written_down_by_name():
    assert FeatureStatistics(mean=2.0, std=1.0, min=1.0, max=3.0, range=2.0).coverage == 1


@pytest.mark.parametrize("signal", [np.zeros((2, 2)), np.zeros(0), np.float64(3)])
def test_only_a_signal_has_statistics(signal):
    with pytest.raises(ValueError, match="signal") as raised:
        extract_feature_statistics(signal)
    assert isinstance(raised.value, InputError)


def test_peaks_are_scipys_with_its_arguments():
    wave = np.sin(np.arange(200) / 7) + 0.3 * np.sin(np.arange(200))
    for arguments in ({}, {"prominence": 0.5}, {"distance": 20, "height": 0.2}):
        np.testing.assert_array_equal(find_peaks(wave, **arguments), scipy_signal.find_peaks(wave, **arguments)[0])
    assert find_peaks([0, 1, 0, 3, 0, 2, 0], height=2).tolist() == [3, 5]


def test_a_gap_is_a_wall_for_peaks():
    assert find_peaks([0, 2, np.nan, 2, 0, 1, 0]).tolist() == [5]
    # Across the gap the peak of 3 would stand 3 above its left foot; within its own stretch it stands 1.
    assert find_peaks([0, 2, np.nan, 2, 3, 2, 0], prominence=2).tolist() == []


def test_a_table_has_no_peaks():
    with pytest.raises(ValueError, match="1D"):
        find_peaks(np.zeros((3, 3)))
