"""Single bad frames decide neither the range of an angle nor its speed, and impossible ones are told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.angles.extremes import angle_extremes, held_values
from neuropose_ray.analysis.angles.table import AngleTable

TIMES = np.arange(0, 5, 1 / 60)
HIP = 40 * np.sin(2 * np.pi * 0.8 * TIMES) + 20


def extremes(values, times=TIMES, name="left_hip_flexion", usable=None):
    table = AngleTable("clip", times, (name,), np.asarray(values, float)[:, None], {})
    return angle_extremes(table, name, usable)


def test_an_undisturbed_angle_keeps_its_range_and_speed():
    found = extremes(HIP)
    assert (found.min, found.max) == (pytest.approx(-20, abs=1), pytest.approx(60, abs=1))
    assert found.range == pytest.approx(found.max - found.min)
    assert found.peak_velocity == pytest.approx(40 * 2 * np.pi * 0.8, rel=0.02)
    assert (found.coverage, found.remark, found.reliable) == (1.0, "", True)


@settings(max_examples=60)
@given(frame=st.integers(4, 290), count=st.integers(1, 2), jump=st.floats(-90, 90))
def test_a_frame_or_two_do_not_decide(frame, count, jump):
    disturbed = HIP.copy()
    disturbed[frame : frame + count] = np.clip(disturbed[frame : frame + count] + jump, -74, 169)
    clean, found = extremes(HIP), extremes(disturbed)
    assert (found.min, found.max) == (pytest.approx(clean.min, abs=3), pytest.approx(clean.max, abs=3))
    assert found.peak_velocity == pytest.approx(clean.peak_velocity, rel=0.25)


def test_what_no_body_reaches_is_left_out_and_told():
    values = HIP.copy()
    values[100:130] = -167
    found = extremes(values)
    assert (found.min, found.max) == (pytest.approx(-20, abs=1), pytest.approx(60, abs=1))
    assert found.remark.startswith("left hip flexion was -167 deg, beyond what bodies reach, in 30 of 300 frames")
    assert found.coverage == pytest.approx(0.9)
    assert not found.reliable, "a tenth of the frames is impossible: the others are not to be believed either"


def test_a_speed_that_no_body_reaches_is_not_told_as_a_number():
    found = extremes(70 * np.sin(2 * np.pi * 3 * TIMES) + 40)
    assert np.isnan(found.peak_velocity)
    assert "faster than bodies do" in found.remark


def test_frames_that_cannot_be_used_do_not_count():
    found = extremes(HIP, usable=TIMES < 0.3)
    assert found.max == pytest.approx(60, abs=2)
    assert found.min > 15
    assert found.coverage == pytest.approx(0.06)
    nothing = extremes(HIP, usable=np.zeros(300, bool))
    assert np.isnan([nothing.mean, nothing.min, nothing.max, nothing.range, nothing.peak_velocity]).all()
    assert (nothing.coverage, nothing.remark) == (0.0, "")


@pytest.mark.parametrize("rate", [5, 12, 19])
def test_a_slow_camera_has_no_frames_to_spare(rate):
    times = np.arange(0, 4, 1 / rate)
    values = np.random.default_rng(0).normal(0, 1, len(times))
    np.testing.assert_array_equal(held_values(values, times), values)


def test_unknown_frames_stay_unknown():
    values = np.where(np.arange(300) % 3 == 0, np.nan, HIP)
    held = held_values(values, TIMES)
    np.testing.assert_array_equal(np.isnan(held), np.isnan(values))
