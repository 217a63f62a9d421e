"""Black bars at the edges of a picture: they are no part of what was filmed, and would count as dark and as alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A bar's pixels are darker than this: black of full range, and the noise of compression around it.
_BLACK_LEVEL = 16
#: Bars leave at least this part of a side; where less is left the picture is dark and has no bars.
_LEAST_CONTENT = 0.4
#: Thinner edges are left, as parts of a side: they are a codec's or a lens's, and change nothing.
_LEAST_BAR = 0.02


@dataclass(frozen=True, slots=True)
class ContentBox:
    """The part of a picture between black bars, as parts of its height and width."""

    top: float = 0.0
    bottom: float = 1.0
    left: float = 0.0
    right: float = 1.0

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The content of the picture in any of its sizes, a view."""
        height, width = picture.shape
        return picture[_within(self.top, self.bottom, height), _within(self.left, self.right, width)]


WHOLE = ContentBox()


def _within(first: float, last: float, length: int) -> slice:
    """The pixels that lie wholly between two parts of a side."""
    return slice(math.ceil(first * length - 1e-9), math.floor(last * length + 1e-9))


def content_box(picture: NDArray[np.uint8]) -> ContentBox:
    """Where the content of a picture lies, :data:`WHOLE` without bars.

    Args:
        picture: ``(height, width)``.
    """
    # Most pictures have a bright pixel at each edge, which is seen without reading what lies between.
    height, width = picture.shape
    if min(edge.max() for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1])) > _BLACK_LEVEL:
        return WHOLE
    top, bottom = _between_bars(picture.max(axis=1) > _BLACK_LEVEL)
    left, right = _between_bars(picture.max(axis=0) > _BLACK_LEVEL)
    return ContentBox(top / height, bottom / height, left / width, right / width)


def _between_bars(lit: NDArray[np.bool_]) -> tuple[int, int]:
    """From the first lit row or column to behind the last; all where the dark ones are few or too many."""
    positions = np.flatnonzero(lit)
    if not len(positions):
        return 0, len(lit)
    first, last = int(positions[0]), int(positions[-1]) + 1
    if last - first < _LEAST_CONTENT * len(lit):
        return 0, len(lit)
    least = _LEAST_BAR * len(lit)
    return first if first > least else 0, last if len(lit) - last > least else len(lit)
