"""Motions of which it is known what happens in them."""

from pathlib import Path

import numpy as np

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.evaluate import LIMB_JOINTS
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.skeleton import Skeleton

LIMBS = Skeleton(name="limbs", joint_names=LIMB_JOINTS, landmarks={name: name for name in LIMB_JOINTS})
#: Of the mocap clip, by eye and by the marker's height.
SQUAT_BOTTOMS_S = (1.36, 3.93, 6.70, 9.39, 12.26)


def phantom(motion, timestamps_s, *, noise_mm=0.0, seed=0):
    """A phantom's true joints as a camera at 40 degrees sees them, and its events."""
    timestamps_s = np.asarray(timestamps_s, float)
    scene = Scene((Person(motion),), PhantomCamera(view_deg=40))
    truth = scene.truth(timestamps_s, 640, 480).persons[0]
    noise = np.random.default_rng(seed).normal(0, noise_mm, truth.joints3d_mm.shape)
    scores = np.full(noise.shape[:2], np.nan)
    return Motion("phantom", PHANTOM_SKELETON, timestamps_s, truth.joints3d_mm + noise, scores), truth.events


def mocap(test_data: Path, clip: str) -> Motion:
    """The markers of a real clip."""
    truth = read_reference(test_data / "opencap" / f"{clip}_gt_joints.csv")
    return Motion(clip, LIMBS, truth.timestamps_s, truth.limbs, np.full(truth.limbs.shape[:2], np.nan))


def without(motion: Motion, frames, joints=slice(None)) -> Motion:
    """The same with joints missing in some frames."""
    positions = motion.positions.copy()
    positions[frames, joints] = np.nan
    return Motion(motion.name, motion.skeleton, motion.timestamps_s, positions, motion.joint_scores)
