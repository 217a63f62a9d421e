"""Making heads unrecognisable, for good."""

from __future__ import annotations

import math

import numpy as np

from neuropose_ray.render.overlay.heads import Heads
from neuropose_ray.schemas.poses import Frame

# Mean colours that are left of a hidden ellipse from top to bottom. A face, half as high as the ellipse, keeps three
# by two of them: too few to be told from another one, or to be restored from many frames.
_CELLS = 6


def hide_heads(image: Frame, heads: Heads, frame: int) -> None:
    """Hide in place what lies inside the ellipses of one frame; parts off the frame do not matter.

    Args:
        image: the frame.
        heads: all heads of the video.
        frame: the frame's position.
    """
    first, last = np.searchsorted(heads.frame, [frame, frame + 1])
    for row in range(first, last):
        up_x, up_y = heads.up[row]
        # Upright where the direction is not known, so that the angle is that of (0, -1).
        tilt = math.degrees(math.atan2(up_x, -up_y)) if (up_x or up_y) else 0.0
        half_size = (float(heads.half_width[row]), float(heads.half_height[row]))
        _hide_ellipse(image, heads.centre[row].tolist(), half_size, tilt)


def _hide_ellipse(image: Frame, centre: list[float], half_size: tuple[float, float], tilt_degrees: float) -> None:
    """Replace an ellipse by a few mean colours that blend into each other."""
    import cv2

    reach = max(half_size)
    left, top = (max(0, math.floor(value - reach)) for value in centre)
    right, bottom = (
        min(limit, math.ceil(value + reach) + 1) for value, limit in zip(centre, image.shape[1::-1], strict=True)
    )
    part = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if not part.size:
        return
    cells = [max(1, round(side * _CELLS / (2 * reach))) for side in part.shape[1::-1]]
    mosaic = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(mosaic, part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    mask = np.zeros(part.shape[:2], np.uint8)
    middle = (round(centre[0] - left), round(centre[1] - top))
    axes = tuple(math.ceil(side) for side in half_size)
    cv2.ellipse(mask, middle, axes, tilt_degrees, 0, 360, 255, cv2.FILLED)
    cv2.copyTo(blurred, mask, part)
