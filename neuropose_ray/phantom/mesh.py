"""The surface of the body: smooth tubes of quadrilaterals around the segments, made once for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.phantom.appearance import Appearance, Colour
from neuropose_ray.phantom.body import HEAD_POINTS, SEGMENTS, SIDES, Proportions, head_size_mm, side_sign
from neuropose_ray.phantom.rotations import Array

Ring = tuple[float, float, float, float]
"""Position along the tube, offset of the middle to the front, half depth and half width."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Quadrilaterals fixed to segments.

    Attributes:
        vertices_mm: ``(vertices, 3)``, axes of the segment.
        segments: ``(vertices,)``, positions in ``SEGMENTS``.
        quads: ``(quads, 4)``, positions in ``vertices_mm``, counter-clockwise seen from outside.
        colours: ``(quads, 3)``, red, green, blue in full light.
        covers_mm: ``(quads,)``, how much nearer than it is a quad counts when near ones hide far ones: cloth lies
            over skin and hair over the skull though both are in almost the same place.
    """

    vertices_mm: Array
    segments: NDArray[np.int64]
    quads: NDArray[np.int64]
    colours: Array
    covers_mm: Array


def merge(parts: Sequence[Mesh]) -> Mesh:
    """One mesh out of several."""
    offsets = np.cumsum([0, *(len(part.vertices_mm) for part in parts[:-1])])
    return Mesh(
        np.concatenate([part.vertices_mm for part in parts]),
        np.concatenate([part.segments for part in parts]),
        np.concatenate([part.quads + offset for part, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.colours for part in parts]),
        np.concatenate([part.covers_mm for part in parts]),
    )


def tube(
    segment: str, along: Array, front: Array, rings: Sequence[Ring], colour: Colour,
    sides: int = 14, covers_mm: float = 0.0,
) -> Mesh:  # fmt: skip
    """A closed tube through elliptic rings.

    Args:
        segment: what it moves with.
        along: unit vector ``(3,)`` of the tube in segment axes.
        front: unit vector ``(3,)``, the direction of the rings' depth.
        rings: in mm; the first and last are closed by their middle.
        colour: of all quadrilaterals.
        sides: of a ring.
        covers_mm: as in :class:`Mesh`.
    """
    aside = np.cross(along, front)
    angle = np.arange(sides) * 2 * np.pi / sides
    table = np.array([(rings[0][0], rings[0][1], 0, 0), *rings, (rings[-1][0], rings[-1][1], 0, 0)], np.float64)
    position, offset, depth, width = (table[:, column, None, None] for column in range(4))
    points = (
        position * along
        + (offset + depth * np.cos(angle)[None, :, None]) * front
        + width * np.sin(angle)[None, :, None] * aside
    )
    ring, side = np.meshgrid(np.arange(len(table) - 1), np.arange(sides), indexing="ij")
    after = (side + 1) % sides
    quads = np.stack(
        [ring * sides + side, ring * sides + after, (ring + 1) * sides + after, (ring + 1) * sides + side], -1
    )
    quads = quads.reshape(-1, 4)
    vertices = points.reshape(-1, 3)
    return Mesh(
        vertices, np.full(len(vertices), SEGMENTS.index(segment)), quads,
        np.tile(np.array(colour, np.float64), (len(quads), 1)), np.full(len(quads), covers_mm),
    )  # fmt: skip


_UP, _DOWN, _FRONT, _RIGHT = (np.array(v, np.float64) for v in ((0, 1, 0), (0, -1, 0), (1, 0, 0), (0, 0, 1)))


def _capped(rings: Sequence[Ring]) -> list[Ring]:
    """The same rings with round ends."""

    def cap(ring: Ring, sign: int) -> list[Ring]:
        position, offset, depth, width = ring
        radius = min(depth, width)
        return [
            (position + sign * radius * np.sin(a), offset, depth * np.cos(a), width * np.cos(a))
            for a in np.radians([75, 38])
        ]

    return [*cap(rings[0], -1), *rings, *reversed(cap(rings[-1], 1))]


def _scaled(rings: Sequence[Ring], length_mm: float, stature_mm: float) -> list[Ring]:
    """Rings whose position is a fraction of the segment and whose other sizes are percent of the stature."""
    percent = stature_mm / 100
    return [(t * length_mm, o * percent, d * percent, w * percent) for t, o, d, w in rings]


# Half depths and half widths in percent of the stature, by eye after anthropometric breadths and girths.
_THIGH: list[Ring] = [(0.0, 0.1, 5.2, 4.9), (0.25, 0.2, 5.2, 4.8), (0.6, 0.2, 4.3, 4.0), (1.0, 0.0, 3.4, 3.1)]
_SHANK: list[Ring] = [(0.0, 0.0, 3.4, 3.1), (0.3, -0.7, 3.6, 3.3), (0.6, -0.4, 2.9, 2.7), (0.88, 0.0, 2.4, 2.3)]
_ANKLE: list[Ring] = [(0.84, 0.0, 2.0, 1.8), (1.0, 0.0, 1.9, 1.7)]
_SLEEVE: list[Ring] = [(0.0, 0.0, 3.2, 2.7), (0.3, 0.0, 3.0, 2.7), (0.5, 0.0, 3.0, 2.8), (0.62, 0.0, 3.0, 2.8)]
_UPPER_ARM: list[Ring] = [(0.58, 0.0, 2.5, 2.3), (1.0, 0.0, 2.1, 2.0)]
_FOREARM: list[Ring] = [(0.0, 0.0, 2.1, 2.0), (0.25, 0.1, 2.3, 2.1), (0.7, 0.0, 1.8, 1.6), (1.0, 0.0, 1.5, 1.3)]
_HAND: list[Ring] = [(0.0, 0.0, 1.4, 1.1), (0.35, 0.1, 2.3, 1.2), (0.65, 0.1, 2.2, 1.0), (0.95, 0.1, 1.6, 0.8)]
_PELVIS: list[Ring] = [
    (-0.23, 0.0, 5.2, 6.2), (-0.12, -0.3, 6.6, 8.6), (0.0, -0.5, 7.0, 9.4), (0.12, -0.2, 6.4, 9.0),
    (0.22, 0.2, 5.9, 8.4),
]  # fmt: skip
_THORAX: list[Ring] = [
    (-0.84, 0.2, 6.3, 8.8), (-0.68, 0.3, 6.0, 8.4), (-0.5, 0.4, 6.2, 8.5), (-0.3, 0.5, 6.8, 9.4),
    (-0.12, 0.2, 6.5, 10.0), (0.0, -0.1, 5.6, 10.4), (0.05, -0.3, 4.8, 10.0), (0.08, -0.4, 4.3, 7.8),
    (0.11, -0.4, 3.8, 5.6), (0.13, -0.3, 3.6, 4.4),
]  # fmt: skip


def body_mesh(proportions: Proportions, appearance: Appearance) -> Mesh:
    """The mesh of a whole person."""
    stature = proportions.stature_mm
    trunk = proportions.trunk * stature
    return merge(
        [
            tube("pelvis", _UP, _FRONT, _scaled(_PELVIS, trunk, stature), appearance.trousers, 18),
            tube("thorax", _UP, _FRONT, _scaled(_THORAX, trunk, stature), appearance.shirt, 18, covers_mm=45),
            *(part for side in SIDES for part in _leg(proportions, appearance, side)),
            *(part for side in SIDES for part in _arm(proportions, appearance, side)),
            *_head(proportions, appearance),
        ]
    )


def _leg(proportions: Proportions, appearance: Appearance, side: str) -> list[Mesh]:
    stature = proportions.stature_mm
    thigh = _capped(_scaled(_THIGH, proportions.thigh * stature, stature))
    shank, ankle = (_scaled(rings, proportions.shank * stature, stature) for rings in (_SHANK, _ANKLE))
    return [
        tube(f"{side}_thigh", _DOWN, _FRONT, thigh, appearance.trousers),
        tube(f"{side}_shank", _DOWN, _FRONT, _capped(shank), appearance.trousers, covers_mm=30),
        tube(f"{side}_shank", _DOWN, _FRONT, ankle, appearance.skin, 10),
        *_shoe(proportions, appearance, side),
    ]


# Along the foot as a fraction of its length; height of the upper and half width as fractions of the stature.
_SHOE = (
    (0.0, 0.026, 0.012), (0.07, 0.040, 0.019), (0.25, 0.044, 0.0205), (0.45, 0.033, 0.022), (0.7, 0.024, 0.027),
    (0.92, 0.017, 0.021), (1.0, 0.012, 0.010),
)  # fmt: skip


def _shoe(proportions: Proportions, appearance: Appearance, side: str) -> list[Mesh]:
    """An upper and a sole along the foot's long axis, standing on the floor."""
    stature = proportions.stature_mm
    floor, back = -proportions.ankle_height, -proportions.heel_back - 0.012
    length = proportions.toe_front - back + 0.012
    upper, sole = [], []
    for t, high, wide in _SHOE:
        along = (back + t * length) * stature
        upper.append((along, (floor + 0.005 + high / 2) * stature, high / 2 * stature, wide * stature))
        sole.append((along, (floor + 0.005) * stature, 0.005 * stature, (wide + 0.0015) * stature))
    return [
        tube(f"{side}_foot", _FRONT, _UP, upper, appearance.shoes, covers_mm=15),
        tube(f"{side}_foot", _FRONT, _UP, sole, appearance.sole, 8),
    ]


def _arm(proportions: Proportions, appearance: Appearance, side: str) -> list[Mesh]:
    stature = proportions.stature_mm
    upper, fore = proportions.upper_arm * stature, proportions.forearm * stature
    sleeve = _capped(_scaled(_SLEEVE, upper, stature))[:-2]
    hand = [(fore + t * 0.105 * stature, o, d, w) for t, o, d, w in _scaled(_HAND, 1.0, stature)]
    return [
        _open_ended(tube(f"{side}_upper_arm", _DOWN, _FRONT, sleeve, appearance.shirt, 14, covers_mm=45), 14),
        tube(f"{side}_upper_arm", _DOWN, _FRONT, _capped(_scaled(_UPPER_ARM, upper, stature)), appearance.skin, 12),
        tube(f"{side}_forearm", _DOWN, _FRONT, _capped(_scaled(_FOREARM, fore, stature)), appearance.skin, 12),
        tube(f"{side}_forearm", _DOWN, _FRONT, _capped(hand), appearance.skin, 10),
    ]


def _open_ended(mesh: Mesh, sides: int) -> Mesh:
    """A tube without its last closing: an arm comes out of a sleeve."""
    return _kept(mesh, np.arange(len(mesh.quads)) < len(mesh.quads) - sides)


def _kept(mesh: Mesh, quads: NDArray[np.bool_]) -> Mesh:
    return replace(mesh, quads=mesh.quads[quads], colours=mesh.colours[quads], covers_mm=mesh.covers_mm[quads])


# Height over the chin, offset to the front, half depth, half width; fractions of the head's height.
_SKULL: list[Ring] = [
    (0.0, 0.20, 0.10, 0.12), (0.06, 0.20, 0.21, 0.20), (0.16, 0.16, 0.29, 0.265), (0.28, 0.11, 0.37, 0.305),
    (0.44, 0.06, 0.43, 0.33), (0.60, 0.04, 0.44, 0.335), (0.76, 0.03, 0.40, 0.315), (0.89, 0.02, 0.30, 0.24),
    (0.97, 0.01, 0.17, 0.14), (1.0, 0.0, 0.05, 0.05),
]  # fmt: skip
# Height over the shoulders; also fractions of the head's height.
_NECK: list[Ring] = [(0.02, -0.06, 0.25, 0.245), (0.20, -0.03, 0.225, 0.215), (0.50, 0.03, 0.22, 0.21)]


def _head(proportions: Proportions, appearance: Appearance) -> list[Mesh]:
    size = head_size_mm(proportions)
    skull, neck, hair = (
        [(t * size, offset * size, depth * size, width * size) for t, offset, depth, width in rings]
        for rings in (_SKULL, _NECK, [(1.035 * t, o - 0.02, d + 0.035, w + 0.035) for t, o, d, w in _SKULL])
    )
    return [
        tube("head", _UP, _FRONT, skull, appearance.skin, 20),
        tube("thorax", _UP, _FRONT, neck, appearance.skin, 12, covers_mm=20),
        _below_hairline_removed(tube("head", _UP, _FRONT, hair, appearance.hair, 24, covers_mm=35), size),
        *_face(size, appearance),
    ]


def _below_hairline_removed(hair: Mesh, size: float) -> Mesh:
    """The hairline falls from the forehead behind the ears to the nape."""
    middle = hair.vertices_mm[hair.quads].mean(axis=1) / size
    keep = middle[:, 1] > np.interp(middle[:, 0], [-0.30, -0.12, 0.02, 0.14, 0.40], [0.10, 0.26, 0.50, 0.62, 0.78])
    return _kept(hair, keep)


def _face(size: float, appearance: Appearance) -> list[Mesh]:
    parts = [
        _blob((0.50, 0.395, 0), (0.075, 0.07, 0.055), size, appearance.skin, 8),
        _blob((0.475, 0.475, 0), (0.045, 0.09, 0.035), size, appearance.skin, 8),
        _blob((0.46, 0.225, 0), (0.025, 0.024, 0.11), size, appearance.lips, 10),
    ]
    for side in SIDES:
        sign = side_sign(side)
        x, y, z = HEAD_POINTS[f"{side}_eye"]
        parts += [
            _blob((x, y, z), (0.025, 0.034, 0.068), size, appearance.eye_white, 20),
            _blob((x + 0.012, y, z), (0.016, 0.031, 0.032), size, appearance.iris, 30),
            _blob((x - 0.012, y + 0.085, z), (0.02, 0.013, 0.075), size, appearance.hair, 20),
            _blob(
                (HEAD_POINTS[f"{side}_ear"][0], 0.46, sign * 0.345), (0.055, 0.10, 0.03), size, appearance.skin, 40
            ),
        ]
    return parts


def _blob(
    middle: tuple[float, float, float],
    radii: tuple[float, float, float],
    size: float,
    colour: Colour,
    covers_mm: float,
) -> Mesh:
    """A small ellipsoid on the head; it covers what it sits on."""
    rings = [
        ((middle[1] + radii[1] * sine) * size, middle[0] * size, radii[0] * cosine * size, radii[2] * cosine * size)
        for sine, cosine in ((-0.9, 0.44), (-0.4, 0.92), (0.4, 0.92), (0.9, 0.44))
    ]
    blob = tube("head", _UP, _FRONT, rings, colour, 8, covers_mm)
    return replace(blob, vertices_mm=blob.vertices_mm + middle[2] * size * _RIGHT)


def stool_mesh(seat_height_mm: float) -> Mesh:
    """A round stool whose seat's middle is the origin; it belongs to no segment."""
    seat = [(-35.0, 0.0, 165.0, 165.0), (-8.0, 0.0, 170.0, 170.0), *((0.0, 0.0, r, r) for r in (160.0, 110.0, 55.0))]
    parts = [tube("pelvis", _UP, _FRONT, seat, _WOOD, 20)]
    for x, z in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        leg = tube("pelvis", _UP, _FRONT, [(-seat_height_mm, 0, 16, 16), (-30.0, 0, 16, 16)], _WOOD, 8)
        parts.append(replace(leg, vertices_mm=leg.vertices_mm + 110 * (x * _FRONT + z * _RIGHT)))
    return merge(parts)


_WOOD: Colour = (176, 138, 96)
