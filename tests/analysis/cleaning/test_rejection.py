import numpy as np
import pytest

from neuropose_ray.analysis.cleaning.rejection import hampel_outliers, reject_low_scores, reject_outliers
from neuropose_ray.analysis.cleaning.settings import OutlierSettings


def times_of(positions):
    return np.arange(len(positions)) / 30


def test_low_scores_are_cut_and_unknown_ones_kept():
    positions = np.zeros((1, 3, 3))
    kept = reject_low_scores(positions, np.array([[0.29, 0.3, np.nan]]), 0.3)
    assert np.isnan(kept[0, 0]).all()
    assert np.isfinite(kept[0, 1:]).all()
    assert np.isfinite(positions).all()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_spikes_of_up_to_three_frames_are_found_and_nothing_else(length):
    rng = np.random.default_rng(0)
    positions = np.linspace(0, 300, 60)[:, None, None] + rng.normal(0, 3, (60, 2, 3))
    positions[30 : 30 + length, 1, 2] += 300
    outliers = hampel_outliers(times_of(positions), positions, OutlierSettings())
    assert np.argwhere(outliers).tolist() == [[frame, 1] for frame in range(30, 30 + length)]


@pytest.mark.parametrize("fps", [5, 10, 15, 20, 30, 60, 120])
@pytest.mark.parametrize("what", ["walking", "squatting", "reaching", "sit_to_stand"])
def test_undisturbed_movement_is_left_alone(true_motion, what, fps):
    motion = true_motion(what, fps=fps)
    assert not hampel_outliers(motion.timestamps_s, motion.positions, OutlierSettings()).any()


def test_at_low_frame_rates_and_beyond_dropped_frames_there_are_no_neighbours():
    positions = np.zeros((20, 1, 3))
    positions[10] = 500
    times = np.arange(20) / 30
    assert hampel_outliers(times, positions, OutlierSettings()).sum() == 1
    assert hampel_outliers(3 * times, positions, OutlierSettings()).sum() == 0
    times[11:] += 1
    assert hampel_outliers(times, positions, OutlierSettings()).sum() == 0


def test_missing_samples_are_no_outliers_and_the_edge_of_a_gap_is_not_judged():
    positions = np.zeros((20, 1, 3))
    positions[5:8] = np.nan
    positions[[2, 8, 12]] = 500
    assert np.flatnonzero(hampel_outliers(times_of(positions), positions, OutlierSettings())).tolist() == [2, 12]
    rejected = reject_outliers(times_of(positions), positions, OutlierSettings())
    assert np.flatnonzero(np.isnan(rejected[:, 0, 0])).tolist() == [2, 5, 6, 7, 12]


def test_deviations_within_the_accuracy_of_landmarks_stay():
    positions = np.zeros((20, 1, 3))
    positions[10] = 19
    assert not hampel_outliers(times_of(positions), positions, OutlierSettings()).any()
    positions[10] = 21
    assert hampel_outliers(times_of(positions), positions, OutlierSettings())[10, 0]
