"""On runs and walks of people with markers, and on sequences of flights."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from analysis.body.bodies import LANDMARK_SKELETON, motion_of

from neuropose_ray.analysis.body.flights import Flight, find_flights
from neuropose_ray.analysis.body.measures import body_over_time
from neuropose_ray.analysis.body.running import RUNNING_MEASURES, find_runs, jumps_among
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.analysis.cleaning.clean import clean

#: Of the CMU Graphics Lab: running, fast and slow walking, jumping up or forwards.
RUNS = ("09_01", "09_02", "09_04", "09_05", "09_07", "09_08", "09_09", "02_03")
WALKS = ("07_01", "07_11", "08_01", "09_12", "12_02", "02_01")
JUMPS = ("13_11", "13_19", "13_39", "13_42", "02_04")
UP = np.array([0.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def captured(test_data: Path):
    archive = np.load(test_data / "mocap" / "cmu_16_joints_60fps.npz")

    @cache
    def captured(name):
        positions = 1000 * archive[name].astype(float)[::2]
        motion = clean(motion_of(positions, np.arange(len(positions)) / 30, LANDMARK_SKELETON, name)).motion
        body = body_over_time(motion, BodySettings(up=(0, 1, 0)))
        flights = find_flights(motion, body.motion.centre_m, body.up, BodySettings())
        runs = find_runs(flights, motion.timestamps_s, body.motion.centre_m, body.up, BodySettings())
        return runs, jumps_among(flights, runs)

    return captured


@pytest.mark.parametrize("name", RUNS)
def test_who_runs_is_found_to_run_with_times_of_running(captured, name):
    runs, jumps = captured(name)
    assert len(runs) == 1
    assert jumps == ()
    numbers = runs[0].measures()
    assert 2.3 < numbers["running_speed_m_per_s"] < 4.0
    assert 0.1 < numbers["running_flight_time_s"] < 0.28
    if len(runs[0].flights) > 1:
        assert 140 < numbers["running_cadence_steps_per_min"] < 190
        assert 0.1 < numbers["running_contact_time_s"] < 0.3


@pytest.mark.parametrize("name", WALKS)
def test_who_walks_however_fast_does_not_run_or_jump(captured, name):
    assert captured(name) == ((), ())


@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_is_no_running_and_its_two_heights_agree(captured, name):
    runs, jumps = captured(name)
    assert runs == ()
    assert len(jumps) == 1
    assert 0.25 < jumps[0].rise_m < 0.6
    assert jumps[0].rise_by_duration_m == pytest.approx(jumps[0].rise_m, abs=0.035)


def steps(*feet, period_s=0.36, flight_s=0.15):
    """Flights from each foot to the next."""
    return [
        Flight(number * period_s, number * period_s + flight_s, start, end, 0.04)
        for number, (start, end) in enumerate(pairwise(feet))
    ]


def runs_of(flights, speed=0.0):
    times = np.arange(0, 4, 1 / 30)
    centre = np.stack([speed * times, np.ones_like(times), 0 * times], axis=1)
    return find_runs(flights, times, centre, UP, BodySettings())


def test_two_steps_in_a_row_are_running_even_on_a_treadmill():
    (run,) = runs_of(steps("left", "right", "left"))
    numbers = run.measures()
    assert tuple(numbers) == tuple(RUNNING_MEASURES)
    assert numbers["running_cadence_steps_per_min"] == pytest.approx(60 / 0.36)
    assert numbers["running_flight_time_s"] == pytest.approx(0.15)
    assert numbers["running_contact_time_s"] == pytest.approx(0.21)
    assert numbers["running_speed_m_per_s"] == 0


def test_a_single_step_is_running_where_nobody_walks_so_fast():
    assert len(runs_of(steps("left", "right"), speed=3.0)) == 1
    assert runs_of(steps("left", "right"), speed=1.0) == ()


def test_hopping_on_one_foot_or_both_is_jumping():
    for foot in ("left", "both"):
        flights = steps(foot, foot, foot, foot)
        assert runs_of(flights, speed=3.0) == ()
        assert jumps_among(flights, ()) == tuple(flights)


def test_a_step_whose_feet_were_not_told_apart_is_no_jump_within_a_run():
    flights = steps("left", "right", "left", "both")
    (run,) = runs_of(flights, speed=3.0)
    assert jumps_among(flights, (run,)) == ()


def test_runs_with_a_pause_between_them_are_two():
    early = steps("left", "right", "left")
    late = [Flight(f.start_s + 2, f.end_s + 2, f.take_off, f.landing, f.rise_m) for f in early]
    assert [len(run.flights) for run in runs_of([*early, *late])] == [2, 2]
