"""Joints outside the fitted landmarks: head and spine follow the trunk, hands the forearm, feet the shank."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.fitting.body import SIDES, Body

Array = NDArray[np.float64]

# The landmark at the other end of the segment that a joint near the first one is fixed to.
_SEGMENT = {"knee": "hip", "ankle": "knee", "heel": "ankle", "toe": "ankle", "elbow": "shoulder", "wrist": "elbow"}


def with_extra_joints(fitted: Array, model: Array, body: Body) -> Array:
    """``(F, J, 3)`` metres for every joint of the skeleton.

    A joint belongs to the landmark that is nearest in the model's poses (median over time) and keeps the model's own
    offset to it, turned as the fit turned that segment. Near hips and shoulders the segment is the whole trunk.

    Args:
        fitted: ``(F, L, 3)`` metres, the landmarks.
        model: ``(F, J, 3)`` metres, the model's poses at the fitted person's size.
        body: which joints are landmarks.
    """
    all_joints = np.empty_like(model)
    all_joints[:, body.joints] = fitted
    others = np.setdiff1d(np.arange(model.shape[1]), body.joints)
    if not len(others):
        return all_joints
    landmarks = model[:, body.joints]
    distance = np.median(np.linalg.norm(model[:, others, None] - landmarks[:, None], axis=-1), axis=0)
    nearest = distance.argmin(axis=1)
    trunk = body.trunk
    turn_of_trunk = _rotation(landmarks[:, trunk], fitted[:, trunk])
    for joint, anchor in zip(others.tolist(), nearest.tolist(), strict=True):
        part = body.landmarks[anchor].split("_")[1]
        side = SIDES[0] if body.landmarks[anchor].startswith(SIDES[0]) else SIDES[1]
        if part in _SEGMENT:
            segment_end = body.landmarks.index(f"{side}_{_SEGMENT[part]}")
            turn = _shortest_rotation(
                landmarks[:, anchor] - landmarks[:, segment_end], fitted[:, anchor] - fitted[:, segment_end]
            )
            origin = [anchor]
        else:
            turn, origin = turn_of_trunk, (trunk[:2] if part == "hip" else trunk[2:]).tolist()
        offset = model[:, joint] - landmarks[:, origin].mean(axis=1)
        all_joints[:, joint] = fitted[:, origin].mean(axis=1) + np.einsum("tij,tj->ti", turn, offset)
    return all_joints


def _rotation(source: Array, target: Array) -> Array:
    """``(F, 3, 3)`` rotation that best takes ``source`` ``(F, n, 3)`` to ``target`` (Kabsch 1976)."""
    centred = source - source.mean(axis=1, keepdims=True), target - target.mean(axis=1, keepdims=True)
    left, _, right = np.linalg.svd(np.einsum("tni,tnj->tij", *centred))
    mirror = np.ones((len(source), 3))
    mirror[:, 2] = np.linalg.det(left @ right)
    return np.asarray(np.einsum("tki,tk,tjk->tij", right, mirror, left))


def _shortest_rotation(source: Array, target: Array) -> Array:
    """``(F, 3, 3)`` the smallest rotation from one direction ``(F, 3)`` to another (Rodrigues)."""
    a = source / np.maximum(np.linalg.norm(source, axis=1, keepdims=True), 1e-9)
    b = target / np.maximum(np.linalg.norm(target, axis=1, keepdims=True), 1e-9)
    axis = np.cross(a, b)
    cosine = (a * b).sum(axis=1)
    cross = np.zeros((len(a), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = axis
    cross[:, [1, 2, 0], [2, 0, 1]] = -axis
    # Opposite directions have no shortest rotation; leaving the offset alone is as good as any half turn.
    factor = np.where(cosine > -0.999, 1 / np.maximum(1 + cosine, 1e-3), 0.0)
    turned = np.eye(3) + cross + (cross @ cross) * factor[:, None, None]
    return np.asarray(np.where((cosine > -0.999)[:, None, None], turned, np.eye(3)))
