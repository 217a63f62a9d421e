"""Errors of measures, and the bands that are made of them, against truths that are known."""

import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.evaluate.error_samples import ErrorSample, error_samples, share_inside, table_of_errors
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene


def seen(movement, seconds, stretched=1.0):
    times = np.arange(0, seconds, 1 / 30)
    truth = Scene((Person(movement),), PhantomCamera(view_deg=45)).truth(times, 720, 1280).persons[0]
    positions = truth.joints3d_mm * stretched
    return Motion("phantom", PHANTOM_SKELETON, times, positions, np.ones(positions.shape[:2]))


def test_true_joints_have_no_error():
    for movement, seconds in ((Squatting(), 6.0), (Walking(), 4.0)):
        samples = list(error_samples(seen(movement, seconds), seen(movement, seconds)))
        assert samples
        assert all(sample.value == sample.truth for sample in samples)


def test_a_person_who_is_taken_for_taller_walks_too_fast_by_as_much():
    samples = error_samples(seen(Walking(), 4.0, stretched=1.1), seen(Walking(), 4.0))
    speed = [sample for sample in samples if sample.measure == "gait.speed_m_per_s"]
    assert [sample.value / sample.truth for sample in speed] == pytest.approx([1.1] * len(speed), rel=0.01)
    assert {sample.view for sample in speed} == {"oblique", "oblique near", "oblique far"}


@pytest.mark.parametrize("count", [40, 100, 400])
def test_bands_hold_nine_of_ten_errors_that_they_were_not_made_of(count):
    random = np.random.default_rng(count)

    def samples(number):
        errors = random.standard_t(4, number) * 8
        return [ErrorSample("angle.knee_flexion.max", "side", 90 + error, 90) for error in errors]

    shares = [share_inside(table_of_errors(samples(count), "made up"), samples(500)) for _ in range(40)]
    assert np.mean(shares) >= 0.94, "made for 95 %"
    assert np.mean(np.array(shares) >= 0.9) >= 0.85


def test_few_errors_make_a_wide_band_and_none_makes_no_band_of_no_width():
    few = [ErrorSample("gait.swing_time_s", "front", 0.4 + error, 0.4) for error in (0.01, -0.05)]
    assert table_of_errors(few, "").errors["gait.swing_time_s"]["front"].half_width == pytest.approx(0.06)
    exact = [ErrorSample("gait.swing_time_s", "front", 0.4, 0.4)] * 50
    assert table_of_errors(exact, "").errors["gait.swing_time_s"]["front"].half_width > 0
    assert np.isnan(share_inside(table_of_errors([], ""), exact))
