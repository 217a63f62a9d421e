"""How a body is held, as the clinical angles tell it."""

import numpy as np
import pytest
from analysis.segmentation.performers import phantom
from rules.streams import SKELETON, STANDING, moments

from neuropose_ray.analysis import clinical_angles
from neuropose_ray.phantom.motions import SitToStand, Squatting
from neuropose_ray.rules.branches.body import BodyReader
from neuropose_ray.rules.observation import PersonView
from neuropose_ray.schemas.skeleton import Skeleton


def view(joints) -> PersonView:
    return PersonView(np.zeros(4), 1.0, joints[:, :2], joints, np.ones(len(joints)))


@pytest.mark.parametrize("performed", [Squatting(), SitToStand()])
def test_inclination_and_flexion_are_those_of_the_analysis(performed):
    motion, _ = phantom(performed, np.arange(0, 4, 0.2))
    angles, reader = clinical_angles(motion), BodyReader(motion.skeleton)
    states = [reader.state(moment.person) for moment in moments(motion)]
    inclination = [state.trunk_inclination_deg for state in states]
    knees = (angles.angle("right_knee_flexion") + angles.angle("left_knee_flexion")) / 2
    np.testing.assert_allclose(inclination, angles.angle("trunk_inclination"), atol=1e-6)
    np.testing.assert_allclose([state.knee_flexion_deg for state in states], knees, atol=1e-6)


def test_height_is_upwards():
    reader = BodyReader(SKELETON)
    higher = reader.state(view(STANDING - (0, 300, 0)))
    assert higher.hip_height_mm - reader.state(view(STANDING)).hip_height_mm == pytest.approx(300)


@pytest.mark.filterwarnings("error")
def test_what_is_not_seen_is_not_known():
    reader = BodyReader(SKELETON)
    no_hip, no_leg, no_legs = (STANDING.copy() for _ in range(3))
    no_hip[SKELETON.index("left_hip")] = np.nan
    no_leg[SKELETON.index("left_knee")] = np.nan
    for side in ("left", "right"):
        no_legs[SKELETON.index(f"{side}_ankle")] = np.nan
        no_legs[SKELETON.index(f"{side}_knee")] = np.nan
    assert reader.state(view(no_hip)) is None
    assert reader.state(view(no_leg)).knee_flexion_deg == pytest.approx(0, abs=6)
    assert np.isnan(reader.state(view(no_legs)).knee_flexion_deg)
    hands = Skeleton(name="hands", joint_names=("left_wrist", "right_wrist"))
    assert BodyReader(hands).state(view(np.zeros((2, 3)))) is None
