"""Colours that people with any colour vision can tell apart, RGB.

They are those of M. Okabe and K. Ito, "Color Universal Design" (2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.sides import Side
from neuropose_ray.video import YUVMatrix

Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

#: Blue and orange differ in every kind of colour vision, and in lightness from the white of the middle.
SIDE_COLOURS: Mapping[Side, Colour] = MappingProxyType(
    {Side.LEFT: (86, 180, 233), Side.RIGHT: (230, 159, 0), Side.MIDDLE: (245, 245, 245)}
)

#: Tracks have the colours that no side has.
_TRACK_COLOURS: tuple[Colour, ...] = ((240, 228, 66), (0, 158, 115), (204, 121, 167), (213, 94, 0), (0, 114, 178))

#: Relative luminances of R, G and B (ITU-R BT.709).
_LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True, slots=True)
class Ink:
    """Turns colours into the numbers of an image's pixels.

    Attributes:
        matrix: of an image in YUV of limited range; None of one in RGB.
    """

    matrix: YUVMatrix | None = None

    def __call__(self, colour: Colour) -> Colour:
        """The pixel of a colour."""
        return colour if self.matrix is None else _in_yuv(self.matrix, colour)

    def pixels(self, colours: NDArray[np.floating]) -> list[list[int]]:
        """The pixels of colours ``(n, 3)``, 0 to 255."""
        rounded = np.round(colours)
        if self.matrix is not None:
            of_rgb = self.matrix.of_rgb
            rounded = np.round(rounded @ of_rgb[:, :3].T + of_rgb[:, 3])
        pixels: list[list[int]] = rounded.astype(int).tolist()
        return pixels


#: For images in RGB.
RGB = Ink()


@lru_cache(maxsize=256)
def _in_yuv(matrix: YUVMatrix, colour: Colour) -> Colour:
    y, u, v = Ink(matrix).pixels(np.array([colour], float))[0]
    return y, u, v


def track_colour(track: int) -> Colour:
    """The colour of a track; it comes again after five."""
    return _TRACK_COLOURS[track % len(_TRACK_COLOURS)]


def text_colour(background: Colour) -> Colour:
    """Black or white, whichever is read more easily before ``background``."""
    luminance = sum(weight * part for weight, part in zip(_LUMINANCE, background, strict=True))
    return BLACK if luminance > 110 else WHITE
