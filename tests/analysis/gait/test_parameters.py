"""The gait table says what was walked, how often it was seen, and what makes it unsure."""

from dataclasses import replace

import numpy as np
import pytest

from neuropose_ray.analysis.gait.events import gait_events
from neuropose_ray.analysis.gait.parameters import GAIT_PARAMETERS, gait_parameters
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.phantom.body import ADULT
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting

STATURE_M = ADULT.stature_mm / 1000


def table_of(motion, settings=None):
    return gait_parameters(motion, gait_events(motion, settings), settings)


def means(table, *names, side="both"):
    return [table.of(name, side).mean for name in names]


@pytest.mark.parametrize("heading_deg", range(0, 360, 45))
@pytest.mark.parametrize("view_deg", [0, 70])
def test_lengths_speed_and_cadence_are_right_to_two_percent_in_any_direction(perform, heading_deg, view_deg):
    motion, _ = perform(heading_deg=heading_deg, view_deg=view_deg, frame_rate=30)
    table = table_of(motion)
    stride_m = 0.70 * STATURE_M
    expected = {
        "cadence_steps_per_min": 120 / 1.1, "speed_m_per_s": stride_m / 1.1, "stride_length_m": stride_m,
        "step_length_m": stride_m / 2, "step_width_m": 0.06 * STATURE_M, "stride_time_s": 1.1, "step_time_s": 0.55,
    }  # fmt: skip
    for side in ("left", "right", "both"):
        np.testing.assert_allclose(means(table, *expected, side=side), list(expected.values()), rtol=0.02)
    assert table.of("step_length_m").n == table.of("step_length_m", "left").n + table.of("step_length_m", "right").n
    assert all(abs(one.symmetry_index_percent) < 2 for one in table.symmetry)


def test_phases_of_the_cycle_add_up(walk):
    table = table_of(walk[0])
    stance, swing, single, double = means(
        table, "stance_percent", "swing_percent", "single_support_percent", "double_support_percent"
    )
    assert stance + swing == pytest.approx(100)
    assert single + double == pytest.approx(stance)
    assert stance == pytest.approx(60, abs=6)
    seconds = means(table, "stance_time_s", "swing_time_s", "stride_time_s")
    assert seconds[0] + seconds[1] == pytest.approx(seconds[2], abs=0.005)


def test_wide_short_steps_are_told_from_narrow_long_ones(perform):
    wide = table_of(perform(Walking(step_width=0.12, stride_length=0.5))[0])
    np.testing.assert_allclose(
        means(wide, "step_width_m", "step_length_m"), [0.12 * STATURE_M, 0.25 * STATURE_M], rtol=0.02
    )


def test_on_a_treadmill_speed_and_lengths_are_those_on_the_belt(walk):
    motion, _ = walk
    pelvis = (motion.joint("left_hip") + motion.joint("right_hip")) / 2
    carried = np.outer(motion.timestamps_s, pelvis[-1] - pelvis[0]) / motion.timestamps_s[-1]
    on_belt = table_of(replace(motion, positions=motion.positions - carried[:, None]))
    names = ("speed_m_per_s", "stride_length_m", "step_length_m", "step_width_m")
    np.testing.assert_allclose(means(on_belt, *names), means(table_of(motion), *names), rtol=0.03)
    assert any("treadmill" in warning for warning in on_belt.warnings)


def test_a_shorter_step_of_one_foot_shows_in_its_side_and_in_the_symmetry(walk):
    motion, _ = walk
    left = [index for index, name in enumerate(motion.skeleton.joint_names) if name.startswith("left_")]
    feet = [index for index in left if motion.skeleton.joint_names[index].split("_")[1] in ("ankle", "heel", "toe")]
    positions = motion.positions.copy()
    positions[:, feet, 2] += 100  # towards the camera is -z: every left footprint is 10 cm back
    table = table_of(replace(motion, positions=positions))
    left_m, right_m = table.of("step_length_m", "left").mean, table.of("step_length_m", "right").mean
    assert right_m - left_m == pytest.approx(0.2, abs=0.01)
    index = {one.name: one.symmetry_index_percent for one in table.symmetry}["step_length_m"]
    assert index == pytest.approx(100 * 0.2 / (0.35 * STATURE_M), rel=0.05)


def test_crossing_feet_have_a_negative_step_width(walk):
    motion, _ = walk
    positions = motion.positions.copy()
    for side, shift in (("left", 100), ("right", -100)):
        for part in ("ankle", "heel", "toe"):
            # Seen from the front, the person's left is the picture's right.
            positions[:, motion.skeleton.index(f"{side}_{part}"), 0] -= shift
    assert table_of(replace(motion, positions=positions)).of("step_width_m").mean == pytest.approx(
        0.06 * STATURE_M - 0.2, abs=0.01
    )


def test_the_measured_walk_has_plausible_parameters(mocap_walk):
    table = table_of(mocap_walk, GaitSettings(up=(0, 1, 0)))
    speed, step_m, width_m, cadence, swing_s = means(
        table, "speed_m_per_s", "step_length_m", "step_width_m", "cadence_steps_per_min", "swing_time_s"
    )
    assert speed == pytest.approx(1.43, abs=0.05)
    assert 0.6 < step_m < 0.8
    assert 0.05 < width_m < 0.2
    assert 105 < cadence < 125
    assert 0.35 < swing_s < 0.45
    assert table.of("stride_length_m").mean is None
    assert any("0 complete cycles of the left foot" in warning for warning in table.warnings)


def test_without_a_walk_every_row_is_there_and_empty(perform):
    motion, _ = perform(Squatting())
    table = table_of(motion)
    assert len(table.parameters) == 3 * len(GAIT_PARAMETERS)
    assert all((row.n, row.mean, row.sd) == (0, None, None) for row in table.parameters)
    assert all(one.symmetry_index_percent is None for one in table.symmetry)
    assert table.warnings


def test_one_value_has_no_spread(mocap_walk):
    row = table_of(mocap_walk, GaitSettings(up=(0, 1, 0))).of("step_length_m")
    assert (row.n, row.sd) == (1, None)


def test_a_footprint_that_is_never_seen_has_no_lengths(walk):
    motion, _ = walk
    events = gait_events(motion)
    strike = events.of("left", "heel_strike")[1]
    positions = motion.positions.copy()
    flat = (motion.timestamps_s > strike.timestamp_s + 0.1) & (motion.timestamps_s < strike.timestamp_s + 0.35)
    positions[flat, motion.skeleton.index("left_heel")] = np.nan
    whole, part = gait_parameters(motion, events), gait_parameters(replace(motion, positions=positions), events)
    assert part.of("step_length_m").n == whole.of("step_length_m").n - 2
    assert part.of("step_time_s") == whole.of("step_time_s")
    assert part.of("step_length_m").mean == pytest.approx(whole.of("step_length_m").mean, rel=0.02)
