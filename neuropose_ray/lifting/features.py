"""What the network sees of a body: where its joints lie across the line of sight, in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.bones import BONE_ENDS, BONES, MIRROR_SIGNS, MIRRORED_BONES, OTHER_SIDE
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.float32]

JOINTS = len(LANDMARKS)
#: Places of the joints, their confidences, the direction and the nearness of the hips, the pose model's own depths,
#: whether these are given, and of each bone its length in the picture and what this leaves of its usual length.
INPUTS = 2 * JOINTS + JOINTS + 2 + 1 + len(BONES) + 1 + 2 * len(BONES)
#: Metres; usual lengths of the bones of a person of the trained height, those of the training's bodies.
_USUAL_LENGTH_M = {
    "hip-hip": 0.191, "shoulder-shoulder": 0.380, "hip-knee": 0.402, "knee-ankle": 0.402, "shoulder-elbow": 0.292,
    "elbow-wrist": 0.252, "hip-shoulder": 0.507, "ankle-heel": 0.075, "heel-toe": 0.210, "ankle-toe": 0.165,
}  # fmt: skip
_USUAL_LENGTHS = np.array([_USUAL_LENGTH_M[f"{a.split('_')[1]}-{b.split('_')[1]}"] for a, b in BONES], np.float32)
#: What brings inputs to about unit size: metres across, and metres of depth.
ACROSS_SCALE, DEPTH_SCALE = 2.0, 4.0
#: Metres; a nearer person is not seen whole.
NEAREST_M = 0.5
#: Least cosine between a joint's direction and the hips': farther out a perspective picture has no meaning.
_LEAST_FORWARD = 0.1

_HIPS = slice(0, 2)


def network_inputs(
    directions: Array, confidences: Array, distance: Array, depths: Array, depths_known: NDArray[np.bool_]
) -> Array:
    """``(..., T, INPUTS)`` of a person whose size is that of an adult of average height.

    Joints are projected from the camera onto the plane through the hips that is square to the ray to them, so that
    what is seen does not depend on where in the picture the person stands.

    Args:
        directions: ``(..., T, 16, 2)`` viewing directions ``X / Z, Y / Z``.
        confidences: ``(..., T, 16)`` in 0..1; 0 says that a joint was not seen, and its direction is not used.
        distance: ``(..., T)`` metres along the camera's axis to the hips.
        depths: ``(..., T, 18)`` metres, the pose model's own depths of :data:`~.bones.BONES`.
        depths_known: ``(..., T)`` whether the network may use them.
    """
    hips = directions[..., _HIPS, :].mean(axis=-2)
    across = plane_positions(directions, hips, distance)
    known = confidences > 0
    across = np.where(known[..., None], across, 0)
    lengths, missing = _foreshortening(across, known)
    shape = distance.shape
    parts = [
        across.reshape(*shape, 2 * JOINTS) * ACROSS_SCALE,
        confidences,
        hips,
        1 / np.maximum(distance, NEAREST_M)[..., None],
        np.where(depths_known[..., None], depths * DEPTH_SCALE, 0),
        depths_known[..., None],
        lengths * ACROSS_SCALE,
        missing * DEPTH_SCALE,
    ]
    return np.concatenate(parts, axis=-1, dtype=np.float32)


def plane_positions(directions: Array, hips: Array, distance: Array) -> Array:
    """``(..., T, 16, 2)`` metres across the ray to the hips ``(..., T, 2)``: right, and down."""
    ahead = np.concatenate([hips, np.ones_like(hips[..., :1])], axis=-1)
    stretch = np.linalg.norm(ahead, axis=-1, keepdims=True)
    ahead = ahead / stretch
    right = np.stack([ahead[..., 2], np.zeros_like(ahead[..., 0]), -ahead[..., 0]], axis=-1)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    down = np.cross(ahead, right)
    rays = np.concatenate([directions, np.ones_like(directions[..., :1])], axis=-1)
    axes = np.stack([right, down, ahead], axis=-1)
    along = rays @ axes.astype(rays.dtype)
    forward = np.maximum(along[..., 2:], _LEAST_FORWARD)
    return np.asarray(along[..., :2] / forward * (distance[..., None] * stretch)[..., None])


def _foreshortening(across: Array, known: NDArray[np.bool_]) -> tuple[Array, Array]:
    """``(..., T, 18)`` metres of each bone across the line of sight, and along it if it had its usual length.

    0 where an end is not known. The network could work these out, but learns much faster when it need not.
    """
    ends = across[..., BONE_ENDS, :]
    apart = ends[..., 0, :] - ends[..., 1, :]
    squared = np.where(known[..., BONE_ENDS].all(axis=-1), (apart**2).sum(axis=-1), 0)
    along = np.sqrt(np.maximum(_USUAL_LENGTHS**2 - squared, 0))
    return np.sqrt(squared), np.where(squared > 0, along, 0)


def mirrored(inputs: Array) -> Array:
    """The inputs of the mirror image: left and right exchanged in the picture and in the names of joints."""
    shape = inputs.shape[:-1]
    bones = len(BONES)
    across, confidences, hips, rest, depths, given, lengths, missing = np.split(
        inputs, np.cumsum([2 * JOINTS, JOINTS, 2, 1, bones, 1, bones]), axis=-1
    )
    places = across.reshape(*shape, JOINTS, 2)[..., OTHER_SIDE, :] * np.array([-1, 1], np.float32)
    return np.concatenate(
        [
            places.reshape(*shape, 2 * JOINTS),
            confidences[..., OTHER_SIDE],
            hips * np.array([-1, 1], np.float32),
            rest,
            depths[..., MIRRORED_BONES] * MIRROR_SIGNS,
            given,
            lengths[..., MIRRORED_BONES],
            missing[..., MIRRORED_BONES],
        ],
        axis=-1,
    )
