import numpy as np
import pytest
from analysis.body.bodies import UP, jumping, motion_of, performed

from neuropose_ray.analysis.body.energy import body_motion
from neuropose_ray.analysis.body.flights import Flight, find_flights, leg_length_m
from neuropose_ray.analysis.body.segments import body_segments
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.analysis.cleaning.clean import clean
from neuropose_ray.phantom.body import ADULT, CHILD
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting

SETTINGS = BodySettings(up=UP)


def flights(motion, settings=SETTINGS):
    centre = body_motion(body_segments(motion, "mean"), motion.timestamps_s).centre_m
    return find_flights(motion, centre, np.array(UP), settings)


@pytest.mark.parametrize("fps", [30.0, 60.0])
@pytest.mark.parametrize("height_m", [0.1, 0.2, 0.3, 0.45])
@pytest.mark.parametrize("proportions", [ADULT, CHILD], ids=["adult", "child"])
def test_a_jump_is_found_with_its_time_and_height_but_for_the_lift_from_which_on_it_counts(
    height_m, fps, proportions
):
    motion, take_off_s, landing_s = jumping(height_m, fps, proportions)
    (flight,) = flights(motion)
    lift_m = SETTINGS.min_lift * leg_length_m(motion)
    assert (flight.take_off, flight.landing) == ("both", "both")
    assert flight.rise_m == pytest.approx(height_m - lift_m, abs=0.006)
    assert flight.rise_by_duration_m == pytest.approx(flight.rise_m, abs=0.006)
    assert take_off_s < flight.start_s < take_off_s + 0.04
    assert landing_s - 0.04 < flight.end_s < landing_s


def test_the_usual_low_pass_takes_little_from_a_jump():
    for height_m in (0.2, 0.3, 0.45):
        motion, *_ = jumping(height_m, 30.0)
        (flight,) = flights(clean(motion).motion)
        assert flight.rise_m == pytest.approx(height_m, abs=0.03)
        assert flight.rise_by_duration_m == pytest.approx(height_m, abs=0.03)


@pytest.mark.parametrize("movement", [Squatting(), Squatting(period_s=1.0), Walking(), Walking(stride_s=0.8)])
def test_who_squats_or_walks_does_not_fly(movement):
    assert flights(performed(movement, fps=60.0)) == ()


def test_feet_that_are_drawn_up_under_a_body_that_hangs_are_no_flight():
    # The feet rise by 30 cm for half a second, and the centre of mass does not fall.
    motion = performed(Squatting(), seconds=3.0, fps=60.0)
    positions = np.repeat(motion.positions[:1], len(motion), axis=0)
    lifted = (motion.timestamps_s > 1) & (motion.timestamps_s < 1.5)
    for side in ("left", "right"):
        for part in ("ankle", "heel", "toe"):
            positions[lifted, motion.skeleton.index(f"{side}_{part}"), 1] += 300
    assert flights(motion_of(positions, motion.timestamps_s)) == ()


def test_a_flight_that_a_gap_or_the_end_cuts_off_is_left_out():
    motion, take_off_s, landing_s = jumping(0.3, 60.0)
    middle = (take_off_s + landing_s) / 2
    until = int(np.searchsorted(motion.timestamps_s, middle))
    assert flights(motion_of(motion.positions[:until], motion.timestamps_s[:until])) == ()
    assert flights(motion_of(motion.positions[until:], motion.timestamps_s[until:])) == ()
    positions = motion.positions.copy()
    positions[until] = np.nan
    assert flights(motion_of(positions, motion.timestamps_s)) == ()


def test_nobody_and_nothing_do_not_fly():
    motion, *_ = jumping(0.3, 30.0)
    assert flights(motion_of(np.full_like(motion.positions, np.nan), motion.timestamps_s)) == ()
    assert flights(motion_of(motion.positions[:0], motion.timestamps_s[:0])) == ()
    assert flights(motion_of(motion.positions[:1], motion.timestamps_s[:1])) == ()


def test_a_step_of_running_leads_from_one_foot_to_the_other():
    def flight(take_off, landing):
        return Flight(0.0, 0.2, take_off, landing, 0.05)

    assert flight("left", "right").is_running_step
    assert flight("right", "left").is_running_step
    assert not flight("left", "left").is_running_step
    assert not flight("both", "both").is_running_step
