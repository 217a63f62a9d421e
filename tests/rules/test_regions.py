"""Parts of a picture: where the joints are, within the picture, and none where they are not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules.streams import IMAGE, SKELETON, STANDING, pose_rows

from neuropose_ray.rules.observation import PersonView
from neuropose_ray.rules.regions import crop
from neuropose_ray.schemas.actions import Region
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS

HEIGHT, WIDTH = 240, 320
#: Every pixel says where it is.
MAP = np.stack([*np.mgrid[0:HEIGHT, 0:WIDTH][::-1] % 256, np.zeros((HEIGHT, WIDTH))], -1).astype(np.uint8)


def person(joints=STANDING):
    rows = pose_rows([joints])
    return PersonView(rows.boxes[0, :4], 1.0, rows.poses2d[0], rows.poses3d[0], rows.joint_scores[0])


def edges(part, margin=0.0, who=None):
    """Left, top, right, bottom of a part; the person stands within the first 256 pixels."""
    found = crop(MAP, who or person(), Region(part=part, margin=margin), SKELETON)
    return None if found is None else (*found[0, 0, :2].tolist(), *found[-1, -1, :2].tolist())


def test_parts_hold_their_joints_and_not_the_others():
    pixels = person().pixels
    inside = {}
    for part in ("head", "trunk", "hands", "feet", "person"):
        left, top, right, bottom = edges(part)
        inside[part] = {
            name
            for name, (x, y) in zip(SKELETON.joint_names, pixels, strict=True)
            if left <= x <= right + 1 and top <= y <= bottom + 1
        }
    assert {"nose", "left_ear", "mouth_right"} <= inside["head"]
    assert {"left_wrist", "right_thumb"} <= inside["hands"]
    assert {"left_hip", "right_shoulder"} <= inside["trunk"]
    assert {"left_heel", "right_foot_index"} <= inside["feet"]
    assert inside["person"] == set(SKELETON.joint_names)
    assert "left_knee" not in inside["head"] | inside["hands"] | inside["feet"]


def test_a_margin_is_added_on_every_side():
    left, top, right, bottom = edges("trunk")
    wide = edges("trunk", margin=0.5)
    assert wide[0] == pytest.approx(left - (right - left) / 2, abs=2)
    assert wide[3] == pytest.approx(bottom + (bottom - top) / 2, abs=2)


def test_the_whole_frame_needs_nobody():
    assert crop(IMAGE, None, Region(part="frame"), SKELETON).shape == IMAGE.shape
    assert crop(IMAGE, None, Region(part="head"), SKELETON) is None


def test_what_is_kept_is_a_copy():
    copy = crop(IMAGE, None, Region(part="frame"), SKELETON)
    assert not np.shares_memory(copy, IMAGE)


@given(
    place=st.tuples(st.floats(-2e5, 2e5), st.floats(-2e5, 2e5)),
    missing=st.sets(st.integers(0, 32)),
    part=st.sampled_from(["person", "head", "trunk", "hands", "feet"]),
    margin=st.floats(0, 2),
)
def test_wherever_somebody_is_a_part_lies_in_the_picture_or_is_none(place, missing, part, margin):
    joints = STANDING + (*place, 0)
    joints[list(missing)] = np.nan
    found = crop(MAP, person(joints), Region(part=part, margin=margin), SKELETON)
    assert found is None or (0 < found.shape[0] <= HEIGHT and 0 < found.shape[1] <= WIDTH)


@pytest.mark.parametrize("name", sorted(KNOWN_SKELETONS))
@pytest.mark.parametrize("part", ["head", "trunk", "hands", "feet"])
def test_every_skeleton_has_the_parts_or_none(name, part):
    skeleton = KNOWN_SKELETONS[name]
    joints = np.random.default_rng(0).normal(0, 300, (len(skeleton), 3))
    crop(MAP, person(joints), Region(part=part), skeleton)
