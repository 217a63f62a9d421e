"""People as numbers for clients: rounded far below what any pose model knows, null where there is none."""

import json

import numpy as np
from hypothesis import given
from schemas.pose_tables import FINITE_NUMBERS, pose_tables, properties, table_of

from neuropose_ray.schemas.pose_replies import SkeletonDescription, persons_of
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33


@properties
@given(pose_tables(FINITE_NUMBERS))
def test_numbers_are_those_of_the_arrays_to_a_tenth_of_a_pixel_and_of_a_millimetre(table):
    persons = persons_of(table.poses)
    assert len(persons) == len(table.poses)
    for row, person in enumerate(persons):
        tenths = {"atol": 0.0501, "rtol": 1e-6}
        np.testing.assert_allclose(person.box, table.poses.boxes[row, :4], **tenths)
        np.testing.assert_allclose(person.poses2d, table.poses.poses2d[row], **tenths)
        np.testing.assert_allclose(person.poses3d_mm, table.poses.poses3d[row], **tenths)
        np.testing.assert_allclose(person.joint_scores, table.poses.joint_scores[row], atol=0.000501, rtol=1e-6)


def test_what_is_missing_is_null_and_the_rest_of_the_person_is_there():
    poses = table_of(1).poses
    poses.poses3d[0, 1] = np.nan
    poses.joint_scores[0] = np.nan
    (person,) = persons_of(poses)
    assert person.poses3d_mm[1] == (None, None, None)
    assert None not in person.poses3d_mm[0]
    assert set(person.joint_scores) == {None}
    assert "NaN" not in person.model_dump_json()
    json.loads(person.model_dump_json())


def test_nobody_is_nobody():
    assert persons_of(Poses.empty(33)) == ()


def test_a_skeleton_is_described_by_its_joints_and_bones():
    described = SkeletonDescription.of(BLAZEPOSE_33)
    assert (described.name, described.joint_names) == (BLAZEPOSE_33.name, BLAZEPOSE_33.joint_names)
    assert described.edges == BLAZEPOSE_33.edges
