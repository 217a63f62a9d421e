"""The distance of one pair: NeuroPose's sum, and per pair of frames and joint, which other pairs compare with."""

import numpy as np
import pytest

from neuropose_ray.analysis.runs.config import DtwConfig
from neuropose_ray.analysis.runs.distances import pair_distance
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.skeleton import Skeleton

NAMES = ("hip", "knee", "ankle", "toe")
LEG = Skeleton(name="leg", joint_names=NAMES, edges=[(0, 1), (1, 2), (2, 3)], landmarks={})
ANGLES = {"representation": "angles", "angle_triplets": [["hip", "knee", "ankle"], ["knee", "ankle", "toe"]]}


def part(frames=12, shift=(0.0, 0, 0)):
    """A leg that swings, straight in its middle frame."""
    turn = np.linspace(-0.8, 0.8, frames)
    joints = np.zeros((frames, 4, 3))
    joints[:, 1, 1] = -400
    joints[:, 2] = joints[:, 1] + 400 * np.stack([np.sin(turn), -np.cos(turn), np.zeros(frames)], -1)
    joints[:, 3] = joints[:, 2] + (0, 0, 150)
    return joints + shift


def distance(first, second, **config):
    return pair_distance(first, second, DtwConfig(kind="dtw", **config), LEG, label="the swing")


def test_a_part_is_no_distance_from_itself():
    same = distance(part(), part())
    assert (same.distance, same.per_frame, same.left_out) == (0, 0, ())
    assert same.path == tuple((frame, frame) for frame in range(12))


@pytest.mark.parametrize("frames", [5, 12, 40])
def test_per_frame_does_not_depend_on_length(frames):
    """Every joint is 30 mm off in every frame."""
    still = np.repeat(part()[:1], frames, axis=0)
    apart = distance(still, still + (0, 0, 30))
    assert apart.per_frame == pytest.approx(30)
    assert apart.distance == pytest.approx(30 * np.sqrt(4) * len(apart.path))


def test_joints_of_their_own_paths_add_up():
    still = np.repeat(part()[:1], 9, axis=0)
    moved = still + np.array([[10.0, 0, 0], [20, 0, 0], [30, 0, 0], [40, 0, 0]])
    apart = distance(still, moved, method="dtw_per_joint")
    assert apart.per_joint == pytest.approx([90, 180, 270, 360])
    assert apart.distance == pytest.approx(sum(apart.per_joint))
    assert apart.per_frame == pytest.approx(25)


def test_a_relation_is_of_one_joint_as_seen_from_another():
    still = np.repeat(part()[:1], 9, axis=0)
    moved = still + (500, 0, 0)
    moved[:, 2] += (0, 30, 0)
    relation = {"method": "dtw_relation", "joint_i": "hip", "joint_j": "ankle"}
    assert distance(still, moved, **relation).per_frame == pytest.approx(30)
    assert distance(still, still + (500, 0, 0), **relation).distance == pytest.approx(0, abs=1e-9)
    assert distance(still, moved, method="dtw_relation", joint_i=0, joint_j=2).per_frame == pytest.approx(30)


def test_angles_do_not_change_with_place_and_direction():
    turned = part()[..., [2, 1, 0]] * (1, 1, -1) + (900, 0, 0)
    assert distance(part(), turned, **ANGLES).distance == pytest.approx(0, abs=1e-6)


def test_the_length_of_a_path_is_divided_by_once():
    """Where the warping divides by it already, the number per frame is the same."""
    slow, quick = part(20), part(9, shift=(0, 0, 15))
    plain, divided = (distance(slow, quick, warping={"path_normalise": divide}) for divide in (False, True))
    assert divided.distance == pytest.approx(plain.distance / len(plain.path))
    assert divided.per_frame == pytest.approx(plain.per_frame)


def test_z_scores_are_of_one_axis():
    """All three axes of all joints go up and down alike in one part, and are still in the other."""
    wave = np.sin(np.arange(24) / 3)
    first = np.repeat(part()[:1], 24, axis=0) + wave[:, None, None]
    second = np.repeat(part()[:1], 24, axis=0) - wave[:, None, None]
    many = distance(first, second, warping={"z_normalise": True}, method="dtw_all")
    one = pair_distance(
        first[:, :1], second[:, :1], DtwConfig(kind="dtw", warping={"z_normalise": True}),
        Skeleton(name="one", joint_names=NAMES[:1], edges=[], landmarks={}), label="the wave",
    )  # fmt: skip
    assert many.per_frame == pytest.approx(one.per_frame)
    assert one.per_frame == pytest.approx(one.distance / len(one.path) / np.sqrt(3))
    assert many.distance == pytest.approx(one.distance * 2)


def test_a_joint_that_is_not_known_in_one_part_is_left_out_where_gaps_are_filled():
    first, second = part(), part(shift=(0, 0, 30))
    first[:, 3] = np.nan
    second[3:6, 0] = np.nan  # a gap alone is filled
    made = distance(first, second, nan_policy="interpolate")
    assert made.left_out == ("toe",)
    per_joint = distance(first, second, nan_policy="interpolate", method="dtw_per_joint")
    assert np.isnan(per_joint.per_joint).tolist() == [False, False, False, True]
    assert per_joint.distance == pytest.approx(np.nansum(per_joint.per_joint))
    assert distance(first, part(), nan_policy="interpolate", **ANGLES).left_out == ("angle at ankle",)


def test_where_nothing_is_known_in_both_the_pair_is_named():
    with pytest.raises(InputError, match="nothing is known of the swing"):
        distance(np.full_like(part(), np.nan), part(), nan_policy="interpolate")
    with pytest.raises(InputError):
        distance(np.full_like(part(), np.nan), part())


def test_a_joint_that_the_skeleton_has_not_is_an_error():
    with pytest.raises(InputError, match="nose"):
        distance(part(), part(), method="dtw_relation", joint_i="hip", joint_j="nose")
