"""The affinity of poses and tracks: how well a pose continues a track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.tracking.settings import TrackingSettings

#: What an assignment costs that must not be made; any allowed one costs at most 2.
FORBIDDEN = 1e6
#: A runner's or jumper's speed; the gate on distance widens by it for the time a track was not seen.
FAST_SPEED_MM_S = 3000.0


def box_overlap(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """``(n, m)`` intersection over union of boxes ``(n, 4+)`` and ``(m, 4+)``: left, top, width, height."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, :2] + first[:, None, 2:4], second[None, :, :2] + second[None, :, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas = np.prod(first[:, 2:4], axis=-1)[:, None] + np.prod(second[:, 2:4], axis=-1)[None]
    return np.asarray(shared / np.maximum(areas - shared, 1e-9), np.float64)


def box_shift(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """``(n, m)`` distance between the middles of boxes, as a share of the larger one's diagonal.

    Unlike their overlap it survives a body that curls up.
    """
    middles = [boxes[:, :2] + boxes[:, 2:4] / 2 for boxes in (first, second)]
    apart = np.linalg.norm(middles[0][:, None] - middles[1][None], axis=-1)
    diagonals = [np.linalg.norm(boxes[:, 2:4], axis=-1) for boxes in (first, second)]
    return np.asarray(apart / np.maximum(np.maximum(diagonals[0][:, None], diagonals[1][None]), 1e-9))


def joint_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """``(n, m)`` mean Euclidean joint distance in millimetres; joints missing (NaN) in either do not count."""
    apart = np.linalg.norm(first[:, None] - second[None], axis=-1)
    known = np.isfinite(apart)
    count = known.sum(-1)
    return np.where(count, np.where(known, apart, 0).sum(-1) / np.maximum(count, 1), np.inf)


def costs(
    predicted_boxes: NDArray[np.floating],
    predicted_joints: NDArray[np.floating],
    unseen_s: NDArray[np.float64],
    boxes: NDArray[np.floating],
    joints: NDArray[np.floating],
    settings: TrackingSettings,
) -> NDArray[np.float64]:
    """``(tracks, people)`` assignment costs in 0..2: lost box overlap plus joint distance against its gate."""
    overlap = box_overlap(predicted_boxes, boxes)
    gate = settings.max_distance_mm + FAST_SPEED_MM_S * unseen_s[:, None]
    distance = joint_distance(predicted_joints, joints) / gate
    allowed = (box_shift(predicted_boxes, boxes) <= settings.max_shift) | (distance <= 1)
    return np.where(allowed, (1 - overlap) + np.minimum(distance, 1), FORBIDDEN)
