"""Encoded pictures for ``save_image`` actions."""

from __future__ import annotations

from neuropose_ray.schemas.actions import SaveImage
from neuropose_ray.schemas.poses import Frame


def encoded(image: Frame, action: SaveImage) -> bytes:
    """A picture as the action asks for it.

    Args:
        image: ``(height, width, 3)`` RGB.
        action: its format and quality.

    Raises:
        ValueError: the picture cannot be encoded.
    """
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, action.quality] if action.format == "jpeg" else []
    try:
        is_encoded, data = cv2.imencode(f".{action.format}", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    except cv2.error:
        is_encoded = False
    if not is_encoded:
        raise ValueError(f"a picture of shape {image.shape} cannot be encoded as {action.format}")
    return data.tobytes()
