import numpy as np
import pytest
from analysis.body.bodies import UP, G, jumping, motion_of, performed
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.body.measures import BODY_MEASURES, body_over_time, measure_body
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, Squatting

SETTINGS = BodySettings(up=UP)


def measured(motion, usable=None):
    usable = np.ones(len(motion), bool) if usable is None else usable
    return measure_body(motion, body_over_time(motion, SETTINGS), usable)


def test_every_number_has_its_name():
    assert tuple(measured(performed(Squatting()))) == tuple(BODY_MEASURES)


def test_a_walk_goes_as_far_and_as_fast_as_it_does():
    walking = Walking()
    numbers = measured(performed(walking, seconds=4.4, fps=60.0))
    speed = walking.stride_length * 1.741 / walking.stride_s
    assert numbers["centre_mean_speed_m_per_s"] == pytest.approx(speed, rel=0.01)
    assert numbers["centre_path_length_m"] == pytest.approx(4.4 * speed, rel=0.02)
    assert numbers["kinetic_energy_mean_j_per_kg"] > speed**2 / 2  # legs and arms swing about the body


def test_a_jump_rises_by_its_height_and_potential_energy_by_as_much_times_gravity():
    motion, *_ = jumping(0.3, 60.0)
    body, numbers = body_over_time(motion, SETTINGS), measured(motion)
    assert numbers["potential_energy_range_j_per_kg"] == pytest.approx(G * numbers["centre_height_range_m"])
    assert body.potential_j_per_kg.max() == pytest.approx(numbers["potential_energy_range_j_per_kg"])
    assert body.height_m.min() == 0
    # At take-off the body has the speed that carries it up.
    assert numbers["centre_peak_speed_m_per_s"] == pytest.approx(np.sqrt(2 * G * 0.3), rel=0.05)


def test_who_stands_still_goes_nowhere_and_has_no_smoothness():
    still = motion_of(np.repeat(performed(Squatting()).positions[:1], 60, axis=0), np.arange(60) / 30)
    numbers = measured(still)
    assert numbers["centre_path_length_m"] == pytest.approx(0, abs=1e-9)
    assert numbers["kinetic_energy_peak_j_per_kg"] == pytest.approx(0, abs=1e-12)


def test_both_arms_move_alike_in_a_squat_and_not_where_one_reaches():
    assert measured(performed(Squatting()))["arm_symmetry_percent"] == pytest.approx(0, abs=1)
    assert abs(measured(performed(Reaching(), seconds=1.9))["arm_symmetry_percent"]) > 50


@given(st.floats(0.5, 2))
@settings(max_examples=8, deadline=None)
def test_smoothness_depends_neither_on_size_nor_on_the_place(size):
    motion = performed(Squatting(), seconds=2.5)
    moved = motion_of(size * motion.positions + [3000, -200, 500], motion.timestamps_s)
    assert measured(moved)["sparc"] == pytest.approx(measured(motion)["sparc"], rel=1e-6)
    assert measured(moved)["ldlj"] == pytest.approx(measured(motion)["ldlj"], rel=1e-6)


def test_a_shaken_movement_is_less_smooth():
    motion = performed(Squatting(), seconds=2.5)
    shake = 10 * np.sin(2 * np.pi * 6 * motion.timestamps_s)
    shaken = motion_of(motion.positions + shake[:, None, None] * np.array(UP), motion.timestamps_s)
    for name in ("sparc", "ldlj"):
        assert measured(shaken)[name] < measured(motion)[name]


def test_frames_that_cannot_be_used_count_for_nothing():
    motion = performed(Squatting(), seconds=5.0)
    positions, usable = motion.positions.copy(), np.ones(len(motion), bool)
    positions[60:70] += 2000
    usable[58:72] = False
    wild = motion_of(positions, motion.timestamps_s)
    assert measured(wild, usable)["centre_path_length_m"] < measured(motion)["centre_path_length_m"]
    assert measured(wild, usable)["centre_height_range_m"] < 1


def test_nobody_has_no_numbers():
    motion = performed(Squatting(), seconds=1.0)
    gone = motion_of(np.full_like(motion.positions, np.nan), motion.timestamps_s)
    assert all(np.isnan(number) for number in measured(gone).values())
    assert all(np.isnan(number) for number in measured(motion_of(gone.positions[:0], gone.timestamps_s[:0])).values())
