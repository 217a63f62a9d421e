import re

import numpy as np
import pytest
from analysis.segmentation.performers import LIMBS, SQUAT_BOTTOMS_S, mocap, phantom, without

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.extractors import joint_axis
from neuropose_ray.analysis.segmentation.repetitions import repetitions
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.schemas.segmentation import JointAxis

MOTIONS = pytest.mark.parametrize(
    ("motion", "seconds", "event", "movement"),
    [
        (Squatting(), 10, "repetition_bottom", "knee_flexion"),
        (SitToStand(), 12, "repetition_top", "knee_flexion"),
        (Reaching(), 16, "repetition_top", "shoulder_elevation"),
    ],
    ids=["squats", "sit to stand", "reaching"],
)


def peaks(found):
    return [one.peak_s for one in found.records]


@MOTIONS
@pytest.mark.parametrize("rate_hz", [10, 60])
@pytest.mark.parametrize("noise_mm", [0, 10])
def test_every_repetition_of_a_phantom_is_found_within_two_frames(
    motion, seconds, event, movement, rate_hz, noise_mm
):
    performed, events = phantom(motion, np.arange(0, seconds, 1 / rate_hz), noise_mm=noise_mm)
    found = repetitions(performed)
    truth = [each.timestamp_s for each in events if each.kind == event]
    assert found.movement == movement
    assert peaks(found) == pytest.approx(truth, abs=2 / rate_hz)
    assert all(one.complete and one.coverage == 1 and not one.warnings for one in found.records)


def test_each_arms_reaches_are_told_apart():
    performed, events = phantom(Reaching(), np.arange(0, 16, 1 / 30))
    assert [one.side for one in repetitions(performed).records] == [each.side for each in events]


def test_the_squats_of_a_real_person_are_counted_and_timed(test_data):
    found = repetitions(mocap(test_data, "squat"))
    assert (found.movement, found.warnings) == ("knee_flexion", ())
    assert peaks(found) == pytest.approx(SQUAT_BOTTOMS_S, abs=0.15)
    assert all(1.5 < one.end_s - one.start_s < 3 for one in found.records)
    assert all(one.end <= other.start + 1 for one, other in zip(found.records, found.records[1:], strict=False))


@pytest.mark.parametrize("noise_mm", [0, 10])
@pytest.mark.parametrize("seconds", [0.7, 1.5, 6])
def test_walking_has_no_repetitions(seconds, noise_mm):
    performed, _ = phantom(Walking(), np.arange(0.3, 0.3 + seconds, 1 / 30), noise_mm=noise_mm)
    assert repetitions(performed).records == ()


def test_a_real_walk_has_no_repetitions_since_its_legs_move_in_turn(test_data):
    found = repetitions(mocap(test_data, "walk"))
    assert found.records == ()
    assert found.reason == "no repetitions: both legs move, but not together"


@pytest.mark.parametrize("seed", range(3))
def test_standing_still_is_no_movement(test_data, seed):
    standing = mocap(test_data, "squat").positions[250:262].mean(0)
    positions = standing + np.random.default_rng(seed).normal(0, 15, (240, *standing.shape))
    found = repetitions(Motion("still", LIMBS, np.arange(240) / 30, positions, np.ones((240, 12))))
    assert found.records == ()
    assert found.reason == "no repetitions: no large joint moves beyond its noise"


def test_what_moves_without_coming_back_is_said_to_have_moved():
    times = np.arange(0, 4, 1 / 30)
    found = repetitions(_bending_knees(times, np.linspace(5, 80, len(times))))
    assert found.records == ()
    pattern = r"no repetitions: knee flexion covers 6\d deg, but does not go from rest and back"
    assert re.fullmatch(pattern, found.reason)


def test_setting_up_is_not_counted_and_a_shallow_repetition_is_marked():
    times = np.arange(0, 12, 1 / 30)
    depth = np.array([0.35, 1.0, 0.6, 1.0, 1.0, 0.2])[(times // 2).astype(int)]
    knee = 100 * depth * (1 - np.cos(np.pi * times)) / 2
    found = repetitions(_bending_knees(times, knee))
    assert peaks(found) == pytest.approx([3, 5, 7, 9], abs=0.05)
    assert [len(one.warnings) for one in found.records] == [0, 1, 0, 0]
    assert "of the usual range" in found.records[1].warnings[0]


def test_wavering_between_the_thresholds_counts_once():
    times = np.arange(0, 6, 1 / 60)
    knee = np.interp(times, [0, 1, 2, 2.3, 2.6, 2.9, 3.2, 4, 6], [5, 5, 100, 55, 100, 52, 100, 5, 5])
    assert len(repetitions(_bending_knees(times, knee)).records) == 1


def test_repetitions_cut_off_by_the_end_are_kept_if_their_peak_is_seen():
    performed, _ = phantom(Squatting(), np.arange(0, 9.3, 1 / 30))
    last = repetitions(performed).records[-1]
    assert (last.complete, last.peak_s) == (False, pytest.approx(8.75, abs=0.07))
    assert "cut off" in last.warnings[0]
    still_going_down, _ = phantom(Squatting(), np.arange(0, 8.6, 1 / 30))
    assert len(repetitions(still_going_down).records) == 3


def test_a_long_gap_ends_a_repetition_and_a_short_one_is_bridged():
    performed, _ = phantom(Squatting(), np.arange(0, 10, 1 / 30))
    found = repetitions(without(performed, slice(60, 66))).records
    assert peaks(repetitions(performed)) == pytest.approx([one.peak_s for one in found], abs=0.04)
    assert found[0].coverage == pytest.approx(1 - 6 / 76, abs=0.01)
    missing_bottom = repetitions(without(performed, slice(100, 125))).records
    assert [round(one.peak_s, 1) for one in missing_bottom if one.complete] == [1.3, 6.3, 8.8]


def test_one_side_is_enough_where_the_other_is_hidden():
    performed, _ = phantom(Squatting(), np.arange(0, 10, 1 / 30))
    hidden = without(performed, slice(100, 200), performed.skeleton.index("left_knee"))
    assert peaks(repetitions(hidden)) == pytest.approx([1.25, 3.75, 6.25, 8.75], abs=0.07)


def test_uneven_times_are_respected():
    times = np.sort(np.random.default_rng(5).uniform(0, 10, 300))
    performed, _ = phantom(Squatting(), times)
    assert peaks(repetitions(performed)) == pytest.approx([1.25, 3.75, 6.25, 8.75], abs=0.1)


def test_a_signal_of_the_users_choice_is_followed():
    performed, _ = phantom(Squatting(), np.arange(0, 10, 1 / 30))
    found = repetitions(performed, joint_axis("right_hip", "y", skeleton=performed.skeleton))
    assert (found.movement, found.signals[0].unit, found.records[0].side) == ("joint_axis", "mm", "none")
    assert peaks(found) == pytest.approx([1.25, 3.75, 6.25, 8.75], abs=0.07)


def test_a_signal_that_does_not_move_has_no_repetitions():
    performed, _ = phantom(Squatting(), np.arange(0, 5, 1 / 30))
    still = Motion("still", LIMBS, performed.timestamps_s, np.ones((150, 12, 3)), np.ones((150, 12)))
    assert repetitions(still, joint_axis(0, "y")).records == ()


def test_movements_that_differ_are_counted_with_a_doubt():
    times = np.arange(0, 9, 1 / 30)
    early = np.interp(times, [0, 0.3, 2.7, 3, 9], [0, 100, 30, 0, 0])
    late = np.interp(times, [0, 3, 5.7, 6, 9], [0, 0, 100, 0, 0])
    found = repetitions(_bending_knees(times, early + late))
    assert len(found.records) == 2
    assert "differ in their course" in found.warnings[0]


def test_scores_of_the_joints_followed_become_the_confidence():
    performed, _ = phantom(Squatting(), np.arange(0, 5, 1 / 30))
    scores = np.full(performed.joint_scores.shape, 0.2)
    for side in ("right", "left"):
        for part in ("hip", "knee", "ankle"):
            scores[:, performed.skeleton.index(f"{side}_{part}")] = 0.8
    scored = Motion("scored", performed.skeleton, performed.timestamps_s, performed.positions, scores)
    assert repetitions(scored).records[0].confidence == pytest.approx(0.8)


def test_nobody_and_hardly_any_frames_give_no_repetitions():
    for frames in (0, 1, 2, 5):
        empty = Motion(
            "nobody", LIMBS, np.arange(frames) / 30, np.full((frames, 12, 3), np.nan), np.ones((frames, 12))
        )
        assert repetitions(empty).records == ()


def _bending_knees(times, knee_deg):
    """Somebody whose knees have these angles, feet fixed, and nothing else moves."""
    performed, _ = phantom(Squatting(), times[:1])
    standing = np.repeat(performed.positions, len(times), axis=0)
    index = performed.skeleton.index
    for side in ("right", "left"):
        knee, ankle = (standing[:, index(f"{side}_{part}")] for part in ("knee", "ankle"))
        thigh = standing[:, index(f"{side}_hip")] - knee
        shank, level = ankle - knee, np.cross(ankle - knee, (1.0, 0, 0))
        angle = np.radians(knee_deg)[:, None]
        unit = [vector / np.linalg.norm(vector, axis=-1, keepdims=True) for vector in (shank, level)]
        length = np.linalg.norm(shank, axis=-1, keepdims=True)
        axis = thigh / np.linalg.norm(thigh, axis=-1, keepdims=True)
        side_on = unit[1] - (unit[1] * axis).sum(-1, keepdims=True) * axis
        side_on /= np.linalg.norm(side_on, axis=-1, keepdims=True)
        standing[:, index(f"{side}_ankle")] = knee + length * (-np.cos(angle) * axis + np.sin(angle) * side_on)
    return Motion("knees", performed.skeleton, times, standing, np.ones(standing.shape[:2]))


@pytest.mark.parametrize(
    ("rate_hz", "pace_hz", "millimetres"), [(30, 5, 20), (60, 8, 5), (30, 0.5, 300), (120, 12, 3)]
)
def test_a_movement_that_is_asked_for_is_counted_at_any_pace(rate_hz, pace_hz, millimetres):
    times = np.arange(0, 10, 1 / rate_hz)
    positions = np.zeros((len(times), 12, 3))
    noise = np.random.default_rng(0).normal(0, millimetres / 40, len(times))
    positions[:, 0, 1] = millimetres * np.sin(2 * np.pi * pace_hz * times) + noise
    tapping = Motion("tapping", LIMBS, times, positions, np.ones((len(times), 12)))
    found = repetitions(tapping, JointAxis(joint=0, axis=1))
    assert len(found.records) == pytest.approx(10 * pace_hz, abs=1)
