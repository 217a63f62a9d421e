import numpy as np
from analysis.dtw.cohort import movements, performed

from neuropose_ray.analysis.angles.clinical import clinical_angles
from neuropose_ray.analysis.angles.columns import angle_columns
from neuropose_ray.schemas.skeletons import skeleton_for_joint_count

SQUAT = performed("squat", movements()["squat"])


def columns_of(motion):
    return angle_columns(motion.name, motion.skeleton, motion.timestamps_s, motion.positions, motion.joint_scores)


def test_a_column_is_a_clinical_angle_by_its_name():
    angles, columns = clinical_angles(SQUAT), columns_of(SQUAT)
    assert tuple(columns) == angles.names
    for name, values in columns.items():
        np.testing.assert_array_equal(values, angles.angle(name))


def test_a_joint_that_is_missing_leaves_its_angles_empty_in_that_frame_alone():
    positions = SQUAT.positions.copy()
    positions[3, SQUAT.skeleton.index("left_knee")] = np.nan
    columns = angle_columns("squat", SQUAT.skeleton, SQUAT.timestamps_s, positions, SQUAT.joint_scores)
    assert np.flatnonzero(np.isnan(columns["left_knee_flexion"])).tolist() == [3]
    assert np.isfinite(columns["right_knee_flexion"]).all()


def test_a_skeleton_without_a_body_has_no_angles():
    skeleton = skeleton_for_joint_count(5)
    assert angle_columns("dots", skeleton, np.zeros(1), np.zeros((1, 5, 3)), np.zeros((1, 5))) == {}
