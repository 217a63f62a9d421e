"""Joints that are not fitted go with the segment that carries them."""

import numpy as np
import pytest
from fitting.distorted import even_times, observe

from neuropose_ray.fitting.body import body_of
from neuropose_ray.fitting.extra_joints import with_extra_joints
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

SKELETON = Skeleton(
    name="with hands", joint_names=(*PHANTOM_SKELETON.joint_names, "right_hand", "pelvis"),
    landmarks={name: name for name in LANDMARKS},
)  # fmt: skip
BODY = body_of(SKELETON)


@pytest.fixture
def poses():
    """Metres, ``(F, J, 3)``: the hand 8 cm beyond the wrist along the forearm, the pelvis between the hips."""
    truth = observe(Squatting(), even_times(2, 10)).truth / 1000
    elbow, wrist, right, left = (
        truth[:, PHANTOM_SKELETON.index(name)] for name in ("right_elbow", "right_wrist", "right_hip", "left_hip")
    )
    forearm = (wrist - elbow) / np.linalg.norm(wrist - elbow, axis=-1, keepdims=True)
    return np.concatenate([truth, (wrist + 0.08 * forearm)[:, None], ((right + left) / 2)[:, None]], axis=1)


def test_the_same_landmarks_give_the_same_joints(poses):
    np.testing.assert_allclose(with_extra_joints(poses[:, BODY.joints], poses, BODY), poses, atol=1e-9)


def test_a_body_that_is_turned_and_moved_takes_everything_along(poses):
    angle = np.radians(50)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = poses @ turn.T + [0.3, -0.2, 1.5]
    found = with_extra_joints(moved[:, BODY.joints], poses, BODY)
    face_and_pelvis = [SKELETON.index(name) for name in ("nose", "left_ear", "pelvis", "right_hand")]
    np.testing.assert_allclose(found[:, face_and_pelvis], moved[:, face_and_pelvis], atol=1e-6)


def test_a_hand_follows_its_forearm(poses):
    fitted = poses[:, BODY.joints].copy()
    elbow, wrist = BODY.position("right_elbow", "right_wrist")
    length = np.linalg.norm(fitted[:, wrist] - fitted[:, elbow], axis=-1, keepdims=True)
    fitted[:, wrist] = fitted[:, elbow] + length * [0.0, 0.0, 1.0]
    hand = with_extra_joints(fitted, poses, BODY)[:, SKELETON.index("right_hand")]
    np.testing.assert_allclose(hand, fitted[:, wrist] + [0, 0, 0.08], atol=1e-6)
