"""The field's error measures of joint positions, as pure functions of arrays.

All take an estimate and a truth, ``(frames, 12, 3)`` in millimetres without NaN unless said otherwise, and give one
error for each frame and joint, ``(frames, 12)``; a mean over them is the measure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.evaluate.alignment import procrustes, rooted, scaled, turned

Positions = NDArray[np.float64]
Errors = NDArray[np.float64]

#: 3DPW's protocol as MeTRAbs and others report it, and MPI-INF-3DHP's.
PCK_THRESHOLDS_MM = (50.0, 150.0)
AUC_LIMIT_MM = 200.0


def absolute_errors(estimate: Positions, truth: Positions) -> Errors:
    """abs-MPJPE's: distances as they are, in mm. Both have to be in the same axes."""
    return _distances(estimate, truth)


def root_relative_errors(estimate: Positions, truth: Positions, *, same_axes: bool) -> Errors:
    """MPJPE's: distances in mm with mid-hips laid on each other.

    Ionescu et al., "Human3.6M", IEEE TPAMI 36(7), 2014, protocol 1. Where the axes differ (marker mocap against a
    camera) one rotation for the whole sequence turns them onto each other, which the protocol does by calibration.
    """
    return _distances(*_on_one_root(estimate, truth, same_axes=same_axes))


def scale_free_errors(estimate: Positions, truth: Positions, *, same_axes: bool) -> Errors:
    """N-MPJPE's: like MPJPE's, after the best scale of each frame about the root.

    Rhodin et al., "Unsupervised geometry-aware representation for 3D human pose estimation", ECCV 2018.
    """
    here, there = _on_one_root(estimate, truth, same_axes=same_axes)
    return _distances(scaled(here, there), there)


def procrustes_errors(estimate: Positions, truth: Positions) -> Errors:
    """PA-MPJPE's: distances in mm after the best rotation, translation and scale of each frame, never mirrored.

    Also called "reconstruction error" and Human3.6M's protocol 2; see :func:`.alignment.procrustes`.
    """
    return _distances(procrustes(estimate, truth), truth)


def acceleration_errors(
    estimate: Positions, truth: Positions, times_s: NDArray[np.float64], *, same_axes: bool
) -> Errors:
    """Lengths of the differences between the two accelerations, in m/s^2; roots and axes as for MPJPE.

    Kanazawa et al., "Learning 3D human dynamics from video", CVPR 2019, who take second differences per frame; here
    they are divided by the true times, see :func:`accelerations`.

    Args:
        estimate: ``(frames, 12, 3)`` mm; a frame with a NaN is unknown.
        truth: the same.
        times_s: ``(frames,)`` ascending.
        same_axes: whether both are in the same axes.

    Returns:
        ``(n, 12)`` for the n frames that are known as well as the one before and the one after.
    """
    known = np.isfinite(estimate).all((1, 2)) & np.isfinite(truth).all((1, 2))
    if not known.any():
        return np.zeros((0, estimate.shape[1]))
    here, there = np.full_like(estimate, np.nan), np.full_like(truth, np.nan)
    here[known], there[known] = _on_one_root(estimate[known], truth[known], same_axes=same_axes)
    apart = np.linalg.norm(accelerations(here, times_s) - accelerations(there, times_s), axis=-1) / 1000
    return np.asarray(apart[np.isfinite(apart).all(1)])


def accelerations(positions: Positions, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Second derivatives by the three-point difference for uneven steps, exact for parabolas.

    ``2 (v2 - v1) / (t3 - t1)`` with the mean velocities v1, v2 before and after the frame.

    Args:
        positions: ``(frames, joints, 3)``.
        times_s: ``(frames,)`` ascending.

    Returns:
        The same shape, in the positions' unit per s^2; NaN for the first and the last frame and beside a NaN.
    """
    second = np.full_like(positions, np.nan)
    if len(positions) > 2:
        steps = np.diff(times_s)[:, None, None]
        velocities = np.diff(positions, axis=0) / steps
        second[1:-1] = 2 * np.diff(velocities, axis=0) / (steps[:-1] + steps[1:])
    return second


def pck(errors: Errors, threshold_mm: float) -> NDArray[np.float64]:
    """Percentage of correct keypoints as a share, ``(joints,)``: root-relative errors of at most ``threshold_mm``.

    Mehta et al., "Monocular 3D human pose estimation in the wild", 3DV 2017. At least one frame is needed.
    """
    return np.asarray((errors <= threshold_mm).mean(0))


def auc(errors: Errors) -> NDArray[np.float64]:
    """Area under the curve of :func:`pck` over thresholds of 0 to 200 mm, as a share, ``(joints,)``.

    Mehta et al. 2017, who sum over steps of the threshold. The integral over all thresholds is the mean of
    ``max(0, 1 - error / 200 mm)``. At least one frame is needed.
    """
    return np.asarray(np.maximum(0, 1 - errors / AUC_LIMIT_MM).mean(0))


def _on_one_root(estimate: Positions, truth: Positions, *, same_axes: bool) -> tuple[Positions, Positions]:
    here, there = rooted(estimate), rooted(truth)
    return (here if same_axes else turned(here, there)), there


def _distances(first: Positions, second: Positions) -> Errors:
    return np.asarray(np.linalg.norm(first - second, axis=-1))
