"""The whole body within a movement analysis: who runs has no gait of walking, and what is missing is said."""

import numpy as np
import pytest
from analysis.body.bodies import UP, jumping, motion_of, performed

from neuropose_ray.analysis.body.measures import BODY_MEASURES
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.runs.config import MovementConfig
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.uncertainty.conditions import Conditions
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

CONFIG = MovementConfig(kind="movement", angles=None, body=BodySettings(up=UP), gait=GaitSettings(up=UP))
SEEN = Conditions(from_video=True, view_deg=45, near="left")


def running(fps=60.0, seconds=3.0):
    """A body that is carried by one foot after the other, and between them flies for 0.16 s."""
    step_s, flight_s, speed = 0.36, 0.16, 2.8
    times = np.arange(0, seconds, 1 / fps)
    rest = performed(Squatting(), seconds=0.05).positions[0]
    positions = np.repeat(rest[None], len(times), axis=0)
    phase, stance_s = times % step_s, step_s - flight_s
    in_air = phase >= stance_s
    flown = phase - stance_s
    up_speed = 9.80665 * flight_s / 2
    bend = up_speed * stance_s / np.pi  # a half sine whose slope at both ends is that of the flight
    height = np.where(in_air, up_speed * flown - 9.80665 * flown**2 / 2, -bend * np.sin(np.pi * phase / stance_s))
    positions[..., 1] += 1000 * height[:, None]
    positions[..., 0] += 1000 * speed * times[:, None]
    skeleton = performed(Squatting(), seconds=0.05).skeleton
    for number, side in enumerate(("left", "right")):
        carries = (np.floor(times / step_s).astype(int) % 2 == number) & ~in_air
        swings = np.where(carries, 0.0, np.where(in_air, 100.0, 200.0))  # feet that carry nothing are drawn up
        for part in ("ankle", "heel", "toe"):
            joint = skeleton.index(f"{side}_{part}")
            positions[carries, joint, 1] -= 1000 * height[carries]
            positions[:, joint, 1] += swings
    return motion_of(positions, times)


def test_a_movement_has_a_record_of_its_body_whose_masses_are_stated():
    body = analyse_movement(performed(Squatting()), CONFIG).results.body
    assert body.masses == "mean"
    assert tuple(measure.name for measure in body.measures) == tuple(BODY_MEASURES)
    assert body.coverage == 1
    assert (body.jumps, body.running, body.stand_ins) == ((), (), ())


def test_whose_masses_is_a_setting_that_changes_the_numbers():
    motion = performed(Squatting())
    ranges = set()
    for masses in ("female", "male", "mean"):
        config = CONFIG.model_copy(update={"body": BodySettings(up=UP, masses=masses)})
        body = analyse_movement(motion, config).results.body
        assert body.masses == masses
        ranges.add(next(one.value for one in body.measures if one.name == "centre_height_range_m"))
    assert len(ranges) == 3


def test_from_video_every_number_has_a_band_and_from_markers_none():
    motion = performed(Squatting())
    seen, measured = (analyse_movement(motion, CONFIG, *conditions).results.body for conditions in ((SEEN,), ()))
    for measure in seen.measures:
        assert measure.value is None or measure.band.holds(measure.value)
    assert all(measure.band is None for measure in measured.measures)


def test_a_jump_has_both_heights_and_a_band_that_holds_the_truth():
    for height_m in (0.15, 0.3, 0.45):
        motion, *_ = jumping(height_m, 30.0)
        (jump,) = analyse_movement(motion, CONFIG).results.body.jumps
        assert jump.band.holds(height_m)
        assert jump.height_m == pytest.approx((jump.height_by_centre_m + jump.height_by_flight_time_m) / 2)
        assert (jump.number, jump.take_off, jump.landing) == (1, "both", "both")


def test_who_runs_has_numbers_of_running_and_no_table_of_walking():
    moved = analyse_movement(running(), CONFIG)
    (run,) = moved.results.body.running
    numbers = {measure.name: measure.value for measure in run.measures}
    assert numbers["running_cadence_steps_per_min"] == pytest.approx(60 / 0.36, rel=0.03)
    assert numbers["running_speed_m_per_s"] == pytest.approx(2.8, rel=0.03)
    assert moved.results.gait is None
    (remark,) = [remark for remark in moved.results.remarks if remark.concerns == "gait"]
    assert "the person runs" in remark.sentence
    assert remark.sentence in moved.warnings
    assert moved.results.body.jumps == ()


def test_who_walks_keeps_the_table():
    moved = analyse_movement(performed(Walking(), fps=60.0), CONFIG)
    assert moved.results.gait is not None
    assert moved.results.body.running == ()


def test_a_skeleton_without_arms_has_no_centre_of_mass_and_says_why():
    motion = performed(Squatting())
    names = [name for name in LANDMARKS if not name.endswith(("elbow", "wrist"))]
    skeleton = Skeleton(name="legs", joint_names=tuple(names), landmarks={name: name for name in names})
    legs = motion_of(np.stack([motion.joint(name) for name in names], axis=1), motion.timestamps_s, skeleton)
    moved = analyse_movement(legs, CONFIG)
    assert moved.results.body is None
    (remark,) = [remark for remark in moved.results.remarks if remark.kind == "not_measured"]
    assert remark.concerns == "body"
    assert "no right elbow, left elbow, right wrist, left wrist" in remark.sentence
    assert remark.sentence in moved.warnings


def test_the_body_can_be_left_out():
    config = CONFIG.model_copy(update={"body": None})
    moved = analyse_movement(performed(Squatting()), config)
    assert moved.results.body is None
    assert moved.results.remarks == ()


def test_a_person_who_is_hardly_seen_gives_null_and_not_nan():
    motion = performed(Squatting(), seconds=1.0)
    positions = np.full_like(motion.positions, np.nan)
    positions[10] = motion.positions[10]
    moved = analyse_movement(motion_of(positions, motion.timestamps_s), CONFIG)
    assert "NaN" not in moved.results.model_dump_json()
    assert moved.results.body.coverage == pytest.approx(1 / 30)


def test_where_a_leg_is_hidden_in_most_frames_the_whole_is_not_told_and_that_is_said():
    motion = performed(Squatting())
    positions = motion.positions.copy()
    positions[::2, motion.skeleton.index("left_knee")] = np.nan
    moved = analyse_movement(motion_of(positions, motion.timestamps_s), CONFIG)
    assert all(measure.value is None for measure in moved.results.body.measures)
    assert "the centre of mass is known in 50% of the frames" in " ".join(moved.warnings)
