import numpy as np
import pytest

from neuropose_ray.analysis.cleaning.label_swaps import exchange, find_label_swaps
from neuropose_ray.analysis.cleaning.limbs import limb_pairs
from neuropose_ray.analysis.cleaning.records import LabelSwap
from neuropose_ray.analysis.cleaning.settings import LabelSwapSettings
from neuropose_ray.phantom.body import PHANTOM_SKELETON

#: Error of a single camera's 3D in mm: depth, which is across the walk seen from the side, is the least sure.
CAMERA_NOISE_MM = np.array([15.0, 15.0, 30.0])
LIMBS = {limb.limb: limb for limb in limb_pairs(PHANTOM_SKELETON)}


def seen(motion, seed):
    return motion.positions + np.random.default_rng(seed).normal(0, 1, motion.positions.shape) * CAMERA_NOISE_MM


def swap(limb, first, length, *, whole):
    pairs = LIMBS[limb].swinging + (LIMBS[limb].roots if whole else ())
    joints = tuple(PHANTOM_SKELETON.joint_names[joint] for pair in pairs for joint in pair)
    return LabelSwap(limb=limb, joints=joints, first_frame=first, last_frame=first + length - 1)


def found(motion, positions, settings=None):
    return find_label_swaps(motion.timestamps_s, positions, motion.skeleton, settings or LabelSwapSettings())


def test_exchanging_twice_changes_nothing(true_motion):
    positions = true_motion("walking").positions
    swaps = (swap("legs", 5, 20, whole=False), swap("arms", 7, 9, whole=True))
    once = exchange(positions, PHANTOM_SKELETON, swaps)
    np.testing.assert_array_equal(exchange(once, PHANTOM_SKELETON, swaps), positions)
    right, left = PHANTOM_SKELETON.index("right_ankle"), PHANTOM_SKELETON.index("left_ankle")
    np.testing.assert_array_equal(once[5:25, right], positions[5:25, left])
    np.testing.assert_array_equal(once[25:, right], positions[25:, right])


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
@pytest.mark.parametrize("view_deg", [0, 45, 90, 270])
def test_legs_that_pass_each_other_in_walking_are_not_exchanged(true_motion, view_deg, fps):
    motion = true_motion("walking", fps=fps, view_deg=view_deg)
    assert found(motion, motion.positions) == ()
    assert found(motion, seen(motion, seed=fps + view_deg)) == ()


@pytest.mark.parametrize("what", ["squatting", "reaching", "sit_to_stand"])
def test_exercises_are_not_exchanged(true_motion, what):
    motion = true_motion(what, view_deg=45)
    assert found(motion, seen(motion, seed=1)) == ()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("limb", ["legs", "arms"])
@pytest.mark.parametrize("length", [1, 5, 30])
@pytest.mark.parametrize("fps", [30, 60])
def test_exchanges_in_walking_from_the_side_are_found_and_put_back(true_motion, fps, length, limb, whole):
    motion = true_motion("walking", fps=fps)
    for seed, first in enumerate([20, 37, 52]):
        positions = seen(motion, seed)
        injected = swap(limb, first, length, whole=whole)
        swapped = exchange(positions, PHANTOM_SKELETON, (injected,))
        swaps = found(motion, swapped)
        np.testing.assert_array_equal(exchange(swapped, PHANTOM_SKELETON, swaps), positions)
        assert [(one.limb, one.first_frame, one.last_frame) for one in swaps] == [(limb, first, first + length - 1)]
        assert set(swaps[0].joints) == set(injected.joints)


def test_both_limbs_and_several_runs_are_found_in_one_motion(true_motion):
    motion = true_motion("walking")
    positions = seen(motion, seed=8)
    injected = (swap("legs", 15, 3, whole=True), swap("legs", 60, 12, whole=False), swap("arms", 61, 20, whole=True))
    swaps = found(motion, exchange(positions, PHANTOM_SKELETON, injected))
    assert {(one.limb, one.first_frame, one.last_frame) for one in swaps} == {
        ("legs", 15, 17),
        ("legs", 60, 71),
        ("arms", 61, 80),
    }


def test_an_exchange_that_begins_in_a_gap_is_found_across_it(true_motion):
    motion = true_motion("walking", fps=60)
    positions = exchange(seen(motion, seed=9), PHANTOM_SKELETON, (swap("legs", 84, 30, whole=True),))
    positions[82:85] = np.nan
    (one,) = found(motion, positions)
    assert one.limb == "legs"
    assert 82 <= one.first_frame <= 85
    assert one.last_frame == 113


def test_missing_frames_inside_an_exchange_belong_to_it(true_motion):
    motion = true_motion("walking", fps=60)
    positions = exchange(seen(motion, seed=10), PHANTOM_SKELETON, (swap("legs", 80, 30, whole=True),))
    positions[90:94] = np.nan
    assert [(one.first_frame, one.last_frame) for one in found(motion, positions)] == [(80, 109)]


def test_a_single_wild_frame_flips_nothing(true_motion):
    motion = true_motion("walking")
    positions = seen(motion, seed=11)
    positions[50] += np.random.default_rng(12).normal(0, 300, positions[50].shape)
    assert found(motion, positions) == ()


def test_at_rates_that_say_nothing_nothing_is_exchanged(true_motion):
    motion = true_motion("walking", fps=3, seconds=20)
    assert found(motion, seen(motion, seed=13)) == ()


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_motions_too_short_to_judge_are_left(true_motion, frames):
    motion = true_motion("walking", times=np.arange(frames) / 30)
    assert found(motion, motion.positions) == ()


def test_nobody_is_not_exchanged(true_motion):
    motion = true_motion("walking")
    assert found(motion, np.full_like(motion.positions, np.nan)) == ()
