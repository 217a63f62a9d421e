"""The picture of a stream as JPEG, on request with the people in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuropose_ray.render import LivePainter
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.service.live.view import Viewed


def jpeg(image: Frame, height: int | None = None, quality: int = 80) -> bytes:
    """A picture as JPEG.

    Args:
        image: ``(height, width, 3)`` uint8, RGB.
        height: in pixels; the width follows. None, or more than there are: as it is.
        quality: 1 to 100.
    """
    import cv2

    if height is not None and height < image.shape[0]:
        width = max(1, round(image.shape[1] * height / image.shape[0]))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def painted_jpeg(
    image: Frame, views: Sequence[Viewed], skeleton: Skeleton | None, height: int | None, quality: int
) -> bytes:
    """A frame as JPEG, with the people who were seen in it.

    Args:
        image: of the frame, which stays as it is.
        views: with the people, in pixels of the frame.
        skeleton: of their poses; None draws nobody.
        height: see :func:`jpeg`.
        quality: 1 to 100.
    """
    if views and skeleton is not None:
        image, painter = np.array(image), LivePainter(skeleton)
        for viewed in views:
            for track in viewed.tracks:
                if track.row is not None:
                    painter.paint(image, viewed.poses, track.row, track.track_id)
    return jpeg(image, height, quality)
