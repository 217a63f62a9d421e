"""Colours that people with any colour vision can tell apart, RGB.

They are those of M. Okabe and K. Ito, "Color Universal Design" (2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from neuropose_ray.render.sides import Side

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


def track_colour(track: int) -> Colour:
    """The colour of a track; it comes again after five."""
    return _TRACK_COLOURS[track % len(_TRACK_COLOURS)]


def text_colour(background: Colour) -> Colour:
    """Black or white, whichever is read more easily before ``background``."""
    luminance = sum(weight * part for weight, part in zip(_LUMINANCE, background, strict=True))
    return BLACK if luminance > 110 else WHITE
