"""Every step of a walk is found, whichever way it goes, and none where nobody walks."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as few
from hypothesis import strategies as st

from neuropose_ray.analysis.cleaning.clean import clean
from neuropose_ray.analysis.gait.events import gait_cycles, gait_events
from neuropose_ray.analysis.gait.records import OTHER
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.body import CHILD, PHANTOM_SKELETON
from neuropose_ray.phantom.gait import TOE_OFF, Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

TWO_FRAMES_S = 2 / 60
MOCAP = GaitSettings(up=(0, 1, 0))


def order(events):
    return [(event.side, event.kind) for event in events.events]


def in_order_of_walking(events):
    names = [("right", "heel_strike"), ("left", "toe_off"), ("left", "heel_strike"), ("right", "toe_off")]
    places = [names.index(one) for one in order(events)]
    return all((b - a) % 4 == 1 for a, b in pairwise(places))


def turned(vectors, rotation):
    return vectors @ np.asarray(rotation).T


@pytest.mark.parametrize("heading_deg", range(0, 360, 45))
@pytest.mark.parametrize("view_deg", [0, 70])
def test_every_event_is_found_in_any_direction_within_two_frames(perform, errors_s, heading_deg, view_deg):
    motion, true = perform(heading_deg=heading_deg, view_deg=view_deg)
    found = gait_events(motion)
    assert np.abs(errors_s(found, motion, true)).max() <= TWO_FRAMES_S
    assert in_order_of_walking(found)


@pytest.mark.parametrize("height_mm", [200, 2500])
def test_a_camera_pitched_up_or_down_changes_nothing(perform, errors_s, height_mm):
    motion, true = perform(height_mm=height_mm, heading_deg=30)
    assert np.abs(errors_s(gait_events(motion), motion, true)).max() <= TWO_FRAMES_S


@pytest.mark.parametrize("stride_s", [0.8, 1.6])
@pytest.mark.parametrize("frame_rate", [25, 60, 120])
def test_fast_and_slow_walks_at_any_frame_rate_are_found_to_three_hundredths_of_their_stride(
    perform, errors_s, stride_s, frame_rate
):
    motion, true = perform(Walking(stride_s=stride_s), frame_rate=frame_rate)
    assert np.abs(errors_s(gait_events(motion), motion, true)).max() <= 0.03 * stride_s + 0.005


def test_uneven_frame_times_and_short_gaps_are_bridged(perform, errors_s):
    random = np.random.default_rng(3)
    motion, true = perform(timestamps_s=np.sort(random.choice(np.arange(0, 5, 1 / 60), 220, replace=False)))
    motion.positions[random.choice(220, 30, replace=False)] = np.nan
    assert np.abs(errors_s(gait_events(motion), motion, true)).max() <= TWO_FRAMES_S


def test_ten_millimetres_of_noise_lose_no_event(walk, errors_s, with_positions):
    motion, true = walk
    noise = np.random.default_rng(1).normal(0, 10, motion.positions.shape)
    noisy = with_positions(motion, motion.positions + noise)
    assert np.abs(errors_s(gait_events(noisy), noisy, true)).max() <= 0.06


def test_a_walk_round_a_bend_keeps_its_events(walk, perform, errors_s, with_positions):
    motion, true = perform(seconds=8, heading_deg=90)
    # Bending space bends the path, and leaves every standing foot where it stands.
    x, y, z = motion.positions.transpose(2, 0, 1)
    radius, middle = 2500.0, z.mean()
    bent = np.stack([(radius + z - middle) * np.sin(x / radius), y, (radius + z - middle) * np.cos(x / radius)], -1)
    bent_motion = with_positions(motion, bent)
    found = gait_events(bent_motion)
    assert np.ptp(x) > radius * np.pi / 2, "a quarter turn at least"
    assert np.abs(errors_s(found, bent_motion, true)).max() <= TWO_FRAMES_S


def test_a_treadmill_before_a_still_camera_gives_the_same_events(walk, errors_s, with_positions):
    motion, true = walk
    pelvis = (motion.joint("left_hip") + motion.joint("right_hip")) / 2
    carried = np.outer(motion.timestamps_s, pelvis[-1] - pelvis[0]) / motion.timestamps_s[-1]
    on_belt = with_positions(motion, motion.positions - carried[:, None])
    assert np.abs(errors_s(gait_events(on_belt), on_belt, true)).max() <= TWO_FRAMES_S


def test_with_a_contact_speed_of_one_events_are_the_turning_points(walk, errors_s):
    motion, true = walk
    found = gait_events(motion, GaitSettings(contact_speed=1))
    pelvis = (motion.joint("left_hip") + motion.joint("right_hip")) / 2
    for event in found.of("right", "heel_strike"):
        ahead = np.abs(motion.joint("right_heel") - pelvis)[:, 2]
        near = np.abs(motion.timestamps_s - event.timestamp_s) < 0.2
        assert abs(motion.timestamps_s[near][ahead[near].argmax()] - event.timestamp_s) < 1.5 / 60
    assert (errors_s(found, motion, true) != 0).all()


def test_the_measured_walk_has_its_known_events(mocap_walk):
    known = [
        ("left", "toe_off", 0.13), ("left", "heel_strike", 0.49), ("right", "toe_off", 0.64),
        ("right", "heel_strike", 1.00), ("left", "toe_off", 1.15),
    ]  # fmt: skip
    for settings, tolerance_s in (
        (GaitSettings(up=(0, 1, 0), contact_speed=1), 0.01),  # the known ones are turning points
        (MOCAP, 0.04),
    ):
        found = gait_events(mocap_walk, settings)
        assert order(found) == [(side, kind) for side, kind, _ in known]
        times = [event.timestamp_s for event in found.events]
        np.testing.assert_allclose(times, [time for *_, time in known], atol=tolerance_s)


#: When a force plate carries more than 20 N, and no longer.
PLATE_CONTACTS_S = {
    ("right", "heel_strike"): (0.268, 1.412), ("right", "toe_off"): (1.024, 2.167),
    ("left", "heel_strike"): (0.837,), ("left", "toe_off"): (1.589,),
}  # fmt: skip


@pytest.mark.parametrize("low_passed", [False, True], ids=["as measured", "cleaned"])
def test_feet_touch_and_leave_the_floor_when_the_force_plates_say(walk_on_plates, low_passed):
    motion = clean(walk_on_plates).motion if low_passed else walk_on_plates
    found = gait_events(motion, MOCAP)
    for (side, kind), contacts in PLATE_CONTACTS_S.items():
        for contact in contacts:
            nearest = min(abs(event.timestamp_s - contact) for event in found.of(side, kind))
            assert nearest <= (0.010 if kind == "toe_off" else 0.015), (side, kind, contact)


@pytest.mark.parametrize("movement", [Squatting(), SitToStand(), Reaching()], ids=lambda one: type(one).__name__)
def test_nobody_walks_on_the_spot(perform, movement):
    motion, _ = perform(movement, seconds=8, frame_rate=30)
    found = gait_events(motion)
    assert found.events == ()
    assert any("no gait" in warning for warning in found.warnings)


def test_running_is_not_taken_for_walking(walk, with_positions):
    motion, _ = walk
    run_s = motion.timestamps_s / 0.7
    pelvis = (motion.joint("left_hip") + motion.joint("right_hip")) / 2
    positions = np.repeat(pelvis[:, None], len(motion.skeleton), axis=1)
    for index, name in enumerate(motion.skeleton.joint_names):
        phase = (run_s + (0.5 if name.startswith("left") else 0)) % 1
        # A third of the cycle on the floor instead of three fifths, so that both feet are in the air between.
        walked = np.where(phase < 1 / 3, phase * 3 * TOE_OFF, TOE_OFF + (phase - 1 / 3) * 1.5 * (1 - TOE_OFF))
        walked = walked + (0.5 if name.startswith("left") else 1)
        cycle = motion.positions[:, index] - pelvis
        positions[:, index] += np.stack([np.interp(walked * 1.1, motion.timestamps_s, each) for each in cycle.T], 1)
    found = gait_events(with_positions(motion, positions))
    assert found.events == ()
    assert any("order of walking" in warning for warning in found.warnings)


def test_no_gait_is_seen_in_a_models_output_for_real_squats(test_data):
    metres = json.loads((test_data / "tfjs_squats" / "pose_squats_3d.full.json").read_text())
    positions = np.array(metres, float)[:, :, :3] * 1000
    times = np.arange(len(positions)) / 5
    motion = Motion("squats", BLAZEPOSE_33, times, positions, np.ones(positions.shape[:2]))
    assert gait_events(motion).events == ()


def test_there_are_no_events_in_a_long_gap_or_across_it(walk, with_positions):
    motion, _ = walk
    positions = motion.positions.copy()
    gap = (motion.timestamps_s > 2.0) & (motion.timestamps_s < 2.9)
    positions[gap] = np.nan
    found = gait_events(with_positions(motion, positions))
    assert not any(2.0 < event.timestamp_s < 2.9 for event in found.events)
    assert {event.walk for event in found.events} == {0, 1}
    assert all(cycle.end_s < 2.0 or cycle.start_s > 2.9 for cycle in gait_cycles(found))
    assert any("missing in 18 % of the frames" in warning for warning in found.warnings)
    assert any("cut by a gap" in warning for warning in found.warnings)


def test_a_walk_with_a_stop_is_two_walks_and_no_cycle_holds_the_stop(perform):
    times = np.arange(0, 8, 1 / 60)
    moving, _ = perform(timestamps_s=np.unique(np.where(times < 2.25, times, np.maximum(times - 3, 2.25))))
    repeats = np.searchsorted(moving.timestamps_s, np.where(times < 2.25, times, np.maximum(times - 3, 2.25)) - 1e-9)
    stopping = Motion(
        "stopping", moving.skeleton, times, moving.positions[repeats], np.ones((len(times), len(moving.skeleton)))
    )
    found = gait_events(stopping)
    assert {event.walk for event in found.events} == {0, 1}
    assert not any(2.4 < event.timestamp_s < 5.2 for event in found.events)
    assert all(cycle.end_s - cycle.start_s < 1.2 for cycle in gait_cycles(found))


def test_a_lost_foot_costs_the_events_that_it_hides_and_no_order(walk, with_positions):
    motion, _ = walk
    positions = motion.positions.copy()
    hidden = (motion.timestamps_s > 2.1) & (motion.timestamps_s < 2.4)
    positions[hidden, motion.skeleton.index("left_heel")] = np.nan
    found = gait_events(with_positions(motion, positions))
    assert {event.walk for event in found.events} == {0, 1}
    for number in (0, 1):
        kept = tuple(event for event in found.events if event.walk == number)
        assert in_order_of_walking(found.model_copy(update={"events": kept}))


def test_a_foot_that_hops_beside_the_walk_is_left_out_and_said(walk, with_positions):
    motion, _ = walk
    positions = motion.positions.copy()
    stance = np.abs(motion.timestamps_s - 2.35) < 0.12  # the right foot is flat on the floor from 2.2 to 2.5 s
    joints = [motion.skeleton.index(f"right_{part}") for part in ("heel", "toe")]
    bump = 700 * np.cos(np.pi / 2 * (motion.timestamps_s[stance] - 2.35) / 0.12)
    positions[np.ix_(stance, joints, [2])] += bump[:, None, None]
    found = gait_events(with_positions(motion, positions))
    assert all(abs(event.timestamp_s - 2.35) > 0.02 for event in found.events if event.side == "right")
    assert any("left out" in warning for warning in found.warnings)


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_too_few_frames_give_no_events_and_a_warning(walk, frames):
    motion, _ = walk
    short = Motion(
        "short",
        motion.skeleton,
        motion.timestamps_s[:frames],
        motion.positions[:frames],
        motion.joint_scores[:frames],
    )
    found = gait_events(short)
    assert found.events == ()
    assert found.warnings


def test_nobody_gives_no_events_and_a_warning(walk, with_positions):
    motion, _ = walk
    found = gait_events(with_positions(motion, np.full_like(motion.positions, np.nan)))
    assert found.events == ()
    assert found.warnings == ("no gait: hips and feet are not seen together in any frame",)


def test_without_heel_and_toe_the_ankle_stands_for_them_and_a_warning_says_so(walk, errors_s):
    motion, true = walk
    names = tuple(name for name in PHANTOM_SKELETON.joint_names if "heel" not in name and "toe" not in name)
    skeleton = Skeleton(
        name="ankles_only", joint_names=names, landmarks={n: n for n in names if "_hip" in n or "_ankle" in n}
    )
    kept = [motion.skeleton.index(name) for name in names]
    motion = Motion(
        "ankles", skeleton, motion.timestamps_s, motion.positions[:, kept], motion.joint_scores[:, kept], True
    )
    found = gait_events(motion)
    assert np.abs(errors_s(found, motion, true)).max() <= TWO_FRAMES_S
    assert sum("ankle" in warning for warning in found.warnings) == 2


def test_a_skeleton_without_hips_is_a_typed_error(walk):
    motion, _ = walk
    skeleton = Skeleton(name="feet", joint_names=("left_ankle", "right_ankle"))
    feet = Motion("feet.csv", skeleton, motion.timestamps_s, motion.positions[:, :2], motion.joint_scores[:, :2])
    with pytest.raises(InputError, match=r"feet\.csv: unknown joint name 'right_hip'"):
        gait_events(feet)


def test_cycles_run_from_heel_strike_to_heel_strike_and_are_windows_of_frames(walk):
    motion, _ = walk
    found = gait_events(motion)
    cycles = gait_cycles(found)
    assert {cycle.side for cycle in cycles} == set(OTHER)
    for cycle in cycles:
        moments = [
            cycle.start_s, cycle.opposite_toe_off_s, cycle.opposite_heel_strike_s, cycle.toe_off_s, cycle.end_s,
        ]  # fmt: skip
        assert moments == sorted(moments)
        assert cycle.end_s - cycle.start_s == pytest.approx(1.1, abs=0.005)
        assert (cycle.toe_off_s - cycle.start_s) / 1.1 == pytest.approx(TOE_OFF, abs=0.06)
        window = motion.timestamps_s[cycle.start : cycle.end]
        np.testing.assert_allclose(window[[0, -1]], [cycle.start_s, cycle.end_s], atol=0.5 / 60 + 1e-9)


@few(max_examples=8)
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_events_do_not_depend_on_the_axes_when_up_turns_with_them(walk, quaternion):
    from scipy.spatial.transform import Rotation

    motion, _ = walk
    rotation = Rotation.from_quat(quaternion).as_matrix()
    elsewhere = replace(motion, positions=turned(motion.positions, rotation) + [100.0, -2000.0, 3000.0])
    up = tuple(float(value) for value in turned(np.array([0.0, -1, 0]), rotation))
    here, there = gait_events(motion), gait_events(elsewhere, GaitSettings(up=up))
    assert order(there) == order(here)
    np.testing.assert_allclose(
        [event.timestamp_s for event in there.events], [event.timestamp_s for event in here.events], atol=1e-6
    )


def test_mirrored_people_have_mirrored_events(walk):
    motion, _ = walk
    other = [
        name.replace("left", "?").replace("right", "left").replace("?", "right")
        for name in motion.skeleton.joint_names
    ]
    mirrored = motion.positions[:, [motion.skeleton.index(name) for name in other]] * [-1, 1, 1]
    found = gait_events(replace(motion, positions=mirrored))
    assert order(found) == [(OTHER[side], kind) for side, kind in order(gait_events(motion))]


def test_a_childs_walk_is_found_too(errors_s):
    from neuropose_ray.phantom.scene import Person, Scene

    times = np.arange(0, 5, 1 / 60)
    child = Scene((Person(Walking(stride_s=0.75), CHILD),)).truth(times, 1280, 720).persons[0]
    scores = np.ones(child.joints3d_mm.shape[:2])
    motion = Motion("child", PHANTOM_SKELETON, times, child.joints3d_mm, scores, is_measured=True)
    assert np.abs(errors_s(gait_events(motion), motion, child.events)).max() <= TWO_FRAMES_S
