"""Plane geometry of BlazePose: anchors, squares of interest, and the views that the detector looks at.

Constants and rules are those of MediaPipe's pose graphs (detector anchors, region of interest, letterboxing).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DETECTOR_SIDE = 224
LANDMARK_SIDE = 256
#: The circle around the body is enlarged by this much to give the crop.
REGION_MARGIN = 1.25
#: The grid that regions of followed people are snapped to: steps of 8 pixels of the crop, 4.4 % and 3.6 degrees. Two
#: ways to a person differ by 0.3 pixels, 0.5 % and 0.3 degrees after two frames, and fall into one cell in three
#: frames of four.
PLACES_PER_SIDE = 32
SIZES_PER_OCTAVE = 16
TURNS_PER_RADIAN = 16
#: One row of tiles, as high as a small frame, must show people larger by this factor than the whole frame does.
LEAST_TILING = 1.25
#: Steps by which the grid moves from frame to frame, irrational, so that no two frames have the same, and the share
#: of a cell within which it moves.
GRID_STEPS, GRID_REACH = np.sqrt([2.0, 3.0, 5.0, 7.0]), 0.25


@dataclass(frozen=True, slots=True)
class Regions:
    """Rotated squares in pixels of the frame, one per person to look at.

    Attributes:
        centres: ``(n, 2)`` mid-hip.
        sizes: ``(n,)`` side lengths.
        rotations: ``(n,)`` radians by which the square is turned against the frame, clockwise positive.
    """

    centres: NDArray[np.float64]
    sizes: NDArray[np.float64]
    rotations: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sizes)

    @classmethod
    def none(cls) -> Regions:
        """An empty set of regions."""
        return cls(np.zeros((0, 2)), np.zeros(0), np.zeros(0))

    @classmethod
    def from_points(cls, hips: NDArray[np.floating], tops: NDArray[np.floating]) -> Regions:
        """Squares from the mid-hips ``(n, 2)`` and points ``(n, 2)`` on the circles around the bodies."""
        across = np.asarray(tops, np.float64) - hips
        turned = math.pi / 2 - np.arctan2(-across[:, 1], across[:, 0])
        wrapped = turned - 2 * math.pi * np.floor((turned + math.pi) / (2 * math.pi))
        return cls(np.asarray(hips, np.float64), 2 * REGION_MARGIN * np.hypot(across[:, 0], across[:, 1]), wrapped)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Regions:
        """Some of the regions."""
        return Regions(self.centres[rows], self.sizes[rows], self.rotations[rows])

    @classmethod
    def concatenate(cls, parts: Sequence[Regions]) -> Regions:
        """All regions of all parts."""
        parts = [cls.none(), *parts]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    def snapped(self, number: int) -> Regions:
        """The nearest squares of a grid over places, sizes and turns, which lies elsewhere in every frame ``number``.

        Two stretches of frames that come to a person by different ways look at nearly the same square soon, and by
        the grid at the same one: from there on they see the same. In a grid that stays, a still person could keep
        them in neighbouring cells for ever.
        """
        x, y, size, turn = GRID_REACH * ((number * GRID_STEPS) % 1 - 0.5)
        octaves = np.log2(np.maximum(self.sizes, 1.0)) * SIZES_PER_OCTAVE
        sizes = np.exp2((np.round(octaves - size) + size) / SIZES_PER_OCTAVE)
        step, place = (sizes / PLACES_PER_SIDE)[:, None], np.array([x, y])
        turns = (np.round(self.rotations * TURNS_PER_RADIAN - turn) + turn) / TURNS_PER_RADIAN
        return Regions((np.round(self.centres / step - place) + place) * step, sizes, turns)

    def turned(self, radians: NDArray[np.float64]) -> Regions:
        """The same squares, turned by ``(n,)`` more."""
        return Regions(self.centres, self.sizes, self.rotations + radians)

    def crop_matrices(self) -> NDArray[np.float64]:
        """``(n, 2, 3)`` affine maps from the frame to landmark crops."""
        scale = LANDMARK_SIDE / self.sizes
        cosine, sine = scale * np.cos(self.rotations), scale * np.sin(self.rotations)
        linear = np.stack([np.stack([cosine, sine], -1), np.stack([-sine, cosine], -1)], -2)
        shift = LANDMARK_SIDE / 2 - np.einsum("nij,nj->ni", linear, self.centres)
        return np.concatenate([linear, shift[..., None]], -1)


@dataclass(frozen=True, slots=True)
class View:
    """A square part of the frame that the detector looks at; it may reach over the frame's edge (letterbox)."""

    left: float
    top: float
    side: float

    @property
    def matrix(self) -> NDArray[np.float32]:
        """``(2, 3)`` affine map from the frame to the detector's input."""
        scale = DETECTOR_SIDE / self.side
        return np.array([[scale, 0, -self.left * scale], [0, scale, -self.top * scale]], np.float32)


def whole_view(width: int, height: int) -> View:
    """The smallest square that holds the frame, centred."""
    side = max(width, height)
    return View((width - side) / 2, (height - side) / 2, side)


def tile_views(width: int, height: int, rows: int) -> list[View]:
    """Squares that cover the frame with at least a quarter overlap, ``rows`` of them along the shorter side."""
    if rows == 0:
        return []
    side = min(width, height) / (1 + 0.75 * (rows - 1))
    lefts, tops = _starts(width, side), _starts(height, side)
    return [View(left, top, side) for top in tops for left in lefts]


def default_tile_rows(width: int, height: int) -> int:
    """Two rows, three from 4K on; in small frames one or none: a tile has as many pixels as the detector's input."""
    shorter = min(width, height)
    if shorter >= 1.75 * DETECTOR_SIDE:
        return 3 if shorter >= 1800 else 2
    return 1 if shorter >= DETECTOR_SIDE and max(width, height) >= LEAST_TILING * shorter else 0


def _starts(length: float, side: float) -> list[float]:
    if length <= side:
        return [(length - side) / 2]
    count = math.ceil((length - side) / (0.75 * side)) + 1
    return list(np.linspace(0, length - side, count))


def detector_anchors() -> NDArray[np.float32]:
    """``(2254, 2)`` anchor centres in units of the input's side: SSD with strides 8, 16, 32, 32, 32.

    Two anchors per cell and layer; the three layers of stride 32 share one grid.
    """
    grids = []
    for stride, per_cell in ((8, 2), (16, 2), (32, 6)):
        cells = math.ceil(DETECTOR_SIDE / stride)
        y, x = np.mgrid[0:cells, 0:cells].astype(np.float32)
        centres = np.stack([(x + 0.5) / cells, (y + 0.5) / cells], -1).reshape(-1, 2)
        grids.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(grids)
