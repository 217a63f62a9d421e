"""Ranges of clinical angles over an episode, as the analysis of the same frames gives them."""

import numpy as np
import pytest
from analysis.segmentation.performers import phantom, without
from rules.streams import moments

from neuropose_ray.analysis import clinical_angles
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.rules.branches.joint_angles import JointAnglesWatcher, angle_ranges, joint_angle_fields
from neuropose_ray.schemas.rules import JointAnglesBranch

ANGLES = ("right_knee_flexion", "trunk_forward_lean")


def watched(motion, **settings):
    run = JointAnglesWatcher(JointAnglesBranch(name="angles", angles=ANGLES, **settings), motion.skeleton).begin()
    for moment in moments(motion):
        run.observe(moment)
        _, result = run.poll()
        if result is not None:
            return moment.time_s, result
    run.finish()
    return None, run.poll()[1]


def test_ranges_are_those_of_the_analysis():
    motion, _ = phantom(Squatting(), np.arange(0, 5, 0.1))
    _, result = watched(motion)
    for name in ANGLES:
        values = clinical_angles(motion).angle(name)
        assert result.fields[f"{name}_min"] == values.min()
        assert result.fields[f"{name}_max"] == values.max()
        assert result.fields[f"{name}_range"] == np.ptp(values)
        assert result.fields[f"{name}_mean"] == pytest.approx(values.mean())
        assert result.fields[f"{name}_last"] == values[-1]
    assert result.fields["coverage"] == 1.0
    assert set(result.fields) == set(joint_angle_fields(ANGLES))


def test_after_its_time_the_branch_is_settled():
    motion, _ = phantom(Squatting(), np.arange(0, 5, 0.1))
    at_s, result = watched(motion, duration_s=2.0)
    assert at_s == pytest.approx(2.0)
    assert not result.failed


@pytest.mark.filterwarnings("error")
def test_angles_that_are_not_known_are_none():
    motion, _ = phantom(Squatting(), np.arange(0, 1, 0.1))
    ankle = motion.skeleton.index("right_ankle")
    fields = angle_ranges(without(motion, slice(None), ankle), ANGLES)
    assert fields["right_knee_flexion_max"] is None
    assert fields["trunk_forward_lean_max"] is not None
    nobody = without(motion, slice(None))
    assert watched(nobody)[1].fields["type"] == "unexpected_error"
