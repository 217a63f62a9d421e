"""From hip-centred metres to millimetres in the camera frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.camera import Camera

#: Nobody stands nearer to the camera than this; it keeps a wild fit from putting joints behind it.
NEAREST_MM = 200.0


def to_camera_space(
    world: NDArray[np.float64], pixels: NDArray[np.float64], weights: NDArray[np.float64], camera: Camera
) -> NDArray[np.float64]:
    """``(n, joints, 3)`` millimetres in the camera frame.

    The translation of each person is the weighted linear least-squares solution of
    ``focal * (X + tx) = u * (Z + tz)`` and the same for y: the one that best projects the body onto its pixels.

    Args:
        world: ``(n, joints, 3)`` metres, origin mid-hip, camera-parallel axes.
        pixels: ``(n, joints, 2)``.
        weights: ``(n, joints)``, the joints' visibility.
        camera: intrinsics, with lens distortion taken off the pixels first.
    """
    rays = _rays(pixels, camera)
    body = world * 1000.0
    squared = np.maximum(weights, 0.01)[..., None] ** 2
    offset = rays * body[..., 2:] - body[..., :2]  # = t_xy - rays * t_z for a perfect projection
    total = squared.sum(1)
    # The normal equations in (tx, ty, tz) reduce to a scalar equation for tz once the weighted means are taken out.
    mean_ray = (squared * rays).sum(1) / total
    mean_offset = (squared * offset).sum(1) / total
    centred = rays - mean_ray[:, None]
    spread = (squared * centred**2).sum((1, 2))
    depth = -(squared * centred * (offset - mean_offset[:, None])).sum((1, 2)) / np.maximum(spread, 1e-12)
    depth = np.maximum(depth, NEAREST_MM - body[..., 2].min(1))
    shift = np.concatenate([mean_offset + mean_ray * depth[:, None], depth[:, None]], 1)
    return np.asarray(body + shift[:, None])


def _rays(pixels: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """Directions ``x/z, y/z`` of pixels, without lens distortion."""
    if camera.distortion:
        import cv2

        flat = np.ascontiguousarray(pixels.reshape(-1, 1, 2))
        return np.asarray(cv2.undistortPoints(flat, camera.matrix, np.array(camera.distortion))).reshape(pixels.shape)
    return (pixels - (camera.centre_x, camera.centre_y)) / (camera.focal_x, camera.focal_y)
