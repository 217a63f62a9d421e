"""Before and after: which measures changed by more than doubt allows."""

import numpy as np
import pytest
from analysis.runs.samples import PHANTOM_SKELETON, phantom
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.changes import band_of_change, measure_changes
from neuropose_ray.analysis.runs.config import MovementConfig
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.runs.movement_records import MeasureSummary
from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting

NUMBERS = st.floats(-1000, 1000)
HALVES = st.floats(0, 100)


def summary(mean, sd=None, n=1, half=None, **band):
    known = None if half is None else ErrorBand(low=mean - half, high=mean + half, unit="deg", **band)
    return MeasureSummary(mean=mean, sd=sd, n=n, band=known)


def results_of(movement, seconds):
    positions = phantom(movement, seconds, 60.0)
    times = np.arange(len(positions)) / 60
    motion = Motion("phantom", PHANTOM_SKELETON, times, positions, np.ones(positions.shape[:2]))
    return analyse_movement(motion, MovementConfig(kind="movement")).results


@given(NUMBERS, NUMBERS, HALVES, HALVES)
def test_errors_of_measuring_add_as_squares_around_the_change(first, second, half_1, half_2):
    band = band_of_change(summary(first, half=half_1), summary(second, half=half_2), "deg")
    assert (band.low + band.high) / 2 == pytest.approx(second - first, abs=1e-6)
    assert (band.high - band.low) / 2 == pytest.approx(np.hypot(half_1, half_2), abs=1e-6)
    assert band.unit == "deg"


def test_the_spread_of_repetitions_is_welchs():
    from scipy.stats import ttest_ind

    first, second = np.array([1.0, 2.0, 4.0, 4.5]), np.array([6.0, 6.5, 9.0])
    summaries = [summary(float(each.mean()), float(each.std(ddof=1)), len(each)) for each in (first, second)]
    band = band_of_change(*summaries, "s")
    expected = ttest_ind(second, first, equal_var=False).confidence_interval(0.9)
    assert (band.low, band.high) == pytest.approx((expected.low, expected.high))


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 3))
def test_of_trials_that_do_not_differ_the_band_holds_0_nine_times_of_ten(seed, spread):
    random = np.random.default_rng(seed)
    held = 0
    for _ in range(200):
        samples = random.normal(50, spread, (2, 5))
        summaries = [summary(float(each.mean()), float(each.std(ddof=1)), 5) for each in samples]
        held += band_of_change(*summaries, "deg").holds(0.0)
    assert held >= 160


def test_what_is_not_known_has_no_band_and_what_is_not_reliable_is_no_finding():
    assert band_of_change(summary(1.0), summary(2.0), "s") is None
    assert band_of_change(MeasureSummary(mean=None, sd=None, n=0), summary(2.0), "s") is None
    doubted = band_of_change(summary(1.0, half=0.1, reliable=False, reason="hidden"), summary(9.0, half=0.1), "s")
    assert (doubted.is_finding, doubted.reason) == (False, "hidden")
    assert band_of_change(summary(1.0, half=0.1), summary(9.0, half=0.1), "s").is_finding


def test_repetitions_of_one_movement_are_compared_measure_by_measure():
    before, after = results_of(Squatting(period_s=2.0), 6.5), results_of(Squatting(period_s=2.5), 8.0)
    changes = {(change.part, change.name): change for change in measure_changes(before, after)}
    duration = changes["repetitions", "duration_s"]
    assert duration.change == pytest.approx(0.5, abs=0.05)
    assert (duration.unit, duration.label, duration.first.n) == ("s", "duration", 3)
    assert ("angles", "left_knee_flexion") in changes
    assert not any(part == "gait" for part, _ in changes)


def test_walks_are_compared_by_both_feet_and_each_and_other_movements_not_at_all():
    slow, quick = results_of(Walking(stride_s=1.3), 5.0), results_of(Walking(stride_s=1.0), 5.0)
    changes = {(change.name, change.side): change for change in measure_changes(slow, quick)}
    cadence = changes["cadence_steps_per_min", "both"]
    assert cadence.change == pytest.approx(60 / 0.5 - 60 / 0.65, rel=0.05)
    assert {side for name, side in changes if name == "step_time_s"} == {"both", "left", "right"}
    squat = results_of(Squatting(period_s=2.0), 6.5)
    assert {change.part for change in measure_changes(slow, squat)} == {"angles"}
