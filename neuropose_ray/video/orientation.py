"""Turning stored pictures upright as the container's display matrix asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuropose_ray.schemas.poses import Frame

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_MATRIX = "DISPLAYMATRIX"


@dataclass(frozen=True, slots=True)
class Orientation:
    """Turn from the stored to the displayed picture: mirrored left to right first, then turned clockwise.

    ``degrees`` is 0, 90, 180 or 270.
    """

    degrees: int = 0
    mirrored: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Orientation:
        """The orientation that a decoded frame carries, rounded to quarter turns.

        The display matrix maps stored to displayed pixels as ``x' = a x + c y``, ``y' = b x + d y`` and stores
        ``a b u c d v x y w`` (ISO/IEC 14496-12, 8.5.3).

        Raises:
            av.FFmpegError: the pixel format cannot be converted.
        """
        # A frame asked for its side data stays in memory until a garbage collection (each refers to the other), and
        # few objects are made here to set one off. A tiny copy carries the same side data.
        side_data: Mapping[str, Any] = frame.reformat(width=16, height=16, format="gray", threads=1).side_data
        if _MATRIX not in side_data:
            return cls()
        a, b, _, c, d = np.frombuffer(side_data[_MATRIX], "<i4")[:5].astype(float)
        mirrored = bool(a * d - b * c < 0)
        if mirrored:  # take the mirroring of x off, a turn is left
            a, b = -a, -b
        return cls(round(float(np.degrees(np.arctan2(b, a))) / 90) * 90 % 360, mirrored)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after the turn; its own inverse."""
        return (height, width) if self.degrees in (90, 270) else (width, height)

    def upright(self, image: Frame) -> Frame:
        """The displayed picture, contiguous."""
        import cv2

        if self.mirrored:
            image = cv2.flip(image, 1)
        if self.degrees:
            turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
            image = cv2.rotate(image, turns[self.degrees])
        return image
