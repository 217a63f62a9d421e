"""Planted faults of poses are found where they are, and motion is none."""

from dataclasses import replace

import numpy as np
import pytest
from formats.people import nobody, squatting
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import SelectionSettings, uncertainty_of
from neuropose_ray.curation.uncertainty import left_right_pairs
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33, known_skeleton

SETTINGS = SelectionSettings()
PAIRS = np.array(left_right_pairs(PHANTOM_SKELETON))


def spoiled(frames=40, persons=1):
    table, _ = squatting(frames=frames, persons=persons)
    poses = replace(
        table.poses, poses2d=table.poses.poses2d.copy(), joint_scores=np.ones_like(table.poses.joint_scores)
    )
    return replace(table, poses=poses)


def reasons(table):
    result = uncertainty_of(table, PHANTOM_SKELETON)
    return {frame: why for frame in range(table.frame_count) if (why := result.reasons(frame, SETTINGS))}


def test_a_clean_movement_is_sure():
    assert reasons(spoiled(persons=2)) == {}
    assert uncertainty_of(spoiled(), PHANTOM_SKELETON).scores(SETTINGS).max() < SETTINGS.least_score


@given(st.sets(st.integers(2, 37), max_size=3))
@settings(max_examples=15)
def test_unsure_joints_are_found(frames):
    table = spoiled()
    table.poses.joint_scores[sorted(frames)] = 0.3
    assert reasons(table) == dict.fromkeys(sorted(frames), ("low_confidence",))


@given(st.integers(2, 37))
@settings(max_examples=15)
def test_a_jump_is_found_in_its_frame(frame):
    table = spoiled()
    table.poses.poses2d[frame] += 90
    found = reasons(table)
    assert found[frame] == ("jump",)
    assert set(found) <= {frame - 1, frame, frame + 1}
    scores = uncertainty_of(table, PHANTOM_SKELETON).jump
    assert np.nanargmax(scores) == frame


@given(st.integers(3, 20), st.integers(3, 10))
@settings(max_examples=15)
def test_a_flip_is_found_where_it_begins_and_where_it_ends(first, length):
    table = spoiled()
    stretch = table.poses.poses2d[first : first + length]
    stretch[:, PAIRS.ravel()] = stretch[:, PAIRS[:, ::-1].ravel()].copy()
    flips = uncertainty_of(table, PHANTOM_SKELETON).flip
    assert np.flatnonzero(flips).tolist() == [first, first + length]


def test_the_least_sure_person_of_a_frame_decides():
    table = spoiled(persons=2)
    table.poses.joint_scores[2 * 7 + 1] = 0.2
    assert list(reasons(table)) == [7]


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_videos_have_no_jumps(frames):
    assert np.nan_to_num(uncertainty_of(spoiled(frames), PHANTOM_SKELETON).jump).max() < 0.01


def test_frames_of_nobody_are_neither_sure_nor_unsure():
    table, _ = nobody()
    result = uncertainty_of(table, PHANTOM_SKELETON)
    assert np.isnan(result.confidence).all()
    assert result.reasons(0, SETTINGS) == ()


@pytest.mark.parametrize(("skeleton", "left", "right"), [(BLAZEPOSE_33, "mouth_left", "mouth_right"),
    (known_skeleton("coco_19"), "lkne", "rkne")])  # fmt: skip
def test_left_and_right_are_known_by_their_names(skeleton, left, right):
    assert (skeleton.index(left), skeleton.index(right)) in left_right_pairs(skeleton)
