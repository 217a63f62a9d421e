"""Drawing on a frame: one person's skeleton with a cue of depth, and the person's box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.colours import BLACK, RGB, SIDE_COLOURS, Colour, Ink
from neuropose_ray.render.sides import Side, edge_sides, joint_sides
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.floating]

# Width of a bone as a part of the person's size, so that near and far people look alike.
_BONE_WIDTH = 0.008
# A bone is at most so wide for its length: the short ones of face and hands would become blots.
_WIDTH_PER_LENGTH = 0.2
# Radius of a joint's dot for the width of the widest bone at it.
_DOT_RADIUS = 0.85
# So many mm before or behind the person's middle the cue of depth is at its strongest: about an outstretched arm.
_DEPTH_REACH_MM = 450.0
# There, bones are wider or thinner by this part, and those behind keep this part of their brightness: light enough
# to tell blue from orange.
_DEPTH_WIDTH, _FARTHEST_BRIGHTNESS = 0.35, 0.5
_FAINT_OPACITY = 0.45
# Radius of the nose for that of the head.
_NOSE_PER_HEAD = 0.15
# Faint lines reach so far beyond their ends at most, in pixels.
_FAINT_EDGE_PX = 8
# Outlines and soft edges reach so far beyond bones, dots and boxes at most, in pixels.
_OUTLINE_PX = 4
# OpenCV takes fractions of a pixel as whole numbers of 1/16, so that slow movements do not jitter.
_SHIFT = 4
# The most that it takes, in which the corners of thick lines are computed.
_BAR_SHIFT = 16
# Joints may lie far off the frame; OpenCV's whole numbers must hold them.
_FARTHEST_PX = 1 << 14


@dataclass(frozen=True, slots=True)
class SkeletonStyle:
    """How a skeleton is drawn.

    Attributes:
        edges: ``(edges, 2)`` joints.
        edge_colours: ``(edges, 3)`` RGB.
        joint_colours: ``(joints, 3)`` RGB.
        ink: for the image that is drawn into.
    """

    edges: NDArray[np.intp]
    edge_colours: Floats
    joint_colours: Floats
    ink: Ink = RGB

    @classmethod
    def of(cls, skeleton: Skeleton, *, edges: Sequence[tuple[int, int]] | None = None) -> SkeletonStyle:
        """The style that colours a skeleton's edges, all of them or those given, and joints by their side."""
        sides = dict(zip(skeleton.edges, edge_sides(skeleton), strict=True))
        shown = skeleton.edges if edges is None else edges
        return cls(
            edges=np.array(shown, np.intp).reshape(-1, 2),
            edge_colours=np.array([SIDE_COLOURS[sides[edge]] for edge in shown], float).reshape(-1, 3),
            joint_colours=np.array([SIDE_COLOURS[side] for side in joint_sides(skeleton)], float),
        )


def draw_skeleton(
    image: Frame,
    pose: Floats,
    depth_mm: Floats,
    sure: NDArray[np.bool_],
    size: float,
    style: SkeletonStyle,
) -> None:
    """Draw one person in place, from back to front: what is nearer is wider, brighter, and covers the rest.

    Args:
        image: the frame.
        pose: ``(joints, 2)`` pixels; a joint that is not finite is left out with its bones.
        depth_mm: ``(joints,)`` how far each joint is behind the person's middle; NaN counts as 0.
        sure: ``(joints,)``; bones to other joints are faint, and those joints have no dot.
        size: the person's, in pixels.
        style: the skeleton's.
    """
    known = np.isfinite(pose[:, 0]) & np.isfinite(pose[:, 1])
    points = np.clip(np.where(known[:, None], pose, 0), -_FARTHEST_PX, _FARTHEST_PX)
    depth = np.clip(depth_mm / _DEPTH_REACH_MM, -1, 1)
    depth[np.isnan(depth)] = 0
    starts, ends = style.edges.T
    edge_depth = (depth[starts] + depth[ends]) / 2
    lengths = np.hypot(*(points[starts] - points[ends]).T)
    widths = np.maximum(
        1, np.minimum(_BONE_WIDTH * size * (1 - _DEPTH_WIDTH * edge_depth), _WIDTH_PER_LENGTH * lengths)
    )
    shown, bold = known[starts] & known[ends], sure[starts] & sure[ends]
    _draw_faint(image, points, widths, style, np.flatnonzero(shown & ~bold))
    _draw_bold(
        image, points, style,
        _Parts(np.flatnonzero(shown & bold), edge_depth, widths, _shaded(style.edge_colours, edge_depth, style.ink)),
        _Parts(
            np.flatnonzero(known & sure), _nearest(depth, edge_depth, style),
            _radii(points, widths, size, style), _shaded(style.joint_colours, depth, style.ink),
        ),
    )  # fmt: skip


def depth_within(points_mm: Floats) -> Floats:
    """How far each joint is behind the person's middle.

    Args:
        points_mm: ``(..., joints, 3)``, the last number away from the viewer.

    Returns:
        ``(..., joints)`` mm, NaN where the joint is missing.
    """
    depth = points_mm[..., 2]
    known = np.isfinite(depth)
    counts = np.maximum(known.sum(axis=-1, keepdims=True), 1)
    within: Floats = depth - np.where(known, depth, 0).sum(axis=-1, keepdims=True) / counts
    return within


def draw_head(
    image: Frame,
    centre: Floats,
    radius: float,
    neck: Floats | None,
    nose: Floats | None,
    size: float,
    ink: Ink = RGB,
) -> None:
    """Draw a head as a ball in place, on a neck that begins at ``neck``, with a dot on it where the nose is.

    Args:
        image: the frame.
        centre: ``(2,)`` pixels.
        radius: of the ball, in pixels.
        neck: ``(2,)`` pixels, None where it is not known.
        nose: ``(2,)`` pixels; None where it is not known or behind the head.
        size: the person's, in pixels.
        ink: for the image.
    """
    import cv2

    black, colour, width = ink(BLACK), ink(SIDE_COLOURS[Side.MIDDLE]), max(1, round(_BONE_WIDTH * size))
    points = [centre, *(point for point in (neck, nose) if point is not None)]
    if not all((np.abs(point) < _FARTHEST_PX).all() for point in points):
        return
    (middle,) = fixed_point(centre[None])
    if neck is not None:
        (foot,) = fixed_point(neck[None])
        for pixel, more in ((black, 2), (colour, 0)):
            cv2.line(image, foot, middle, pixel, width + more, cv2.LINE_AA, _SHIFT)
    for pixel, outline in ((black, 1.0), (colour, 0.0)):
        reach = round((radius + outline) * (1 << _SHIFT))
        cv2.circle(image, middle, reach, pixel, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    if nose is not None:
        (tip,) = fixed_point(nose[None])
        cv2.circle(image, tip, round(_NOSE_PER_HEAD * radius * (1 << _SHIFT)), black, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def draw_box(image: Frame, box: Floats, colour: Colour, ink: Ink = RGB) -> None:
    """Draw a box ``(left, top, width, height, ...)`` in place."""
    import cv2

    if np.isfinite(box[:4]).all():
        corners = np.clip(np.stack([box[:2], box[:2] + box[2:4]]), -_FARTHEST_PX, _FARTHEST_PX)
        first, second = fixed_point(corners)
        cv2.rectangle(image, first, second, ink(colour), 2, cv2.LINE_AA, _SHIFT)


def person_extent(pose: Floats, box: Floats, size: float) -> tuple[Floats, Floats] | None:
    """The least and the largest x and y ``(2,)`` of all that is drawn of a person: skeleton and box; None for nobody.

    Args:
        pose: ``(joints, 2)`` pixels.
        box: ``(4,)`` left, top, width, height; not finite where none is drawn.
        size: the person's, in pixels.
    """
    points = np.concatenate([pose, [box[:2], box[:2] + box[2:4]]])
    points = points[np.isfinite(points).all(axis=1)]
    reach = _BONE_WIDTH * size * (1 + _DEPTH_WIDTH) + _OUTLINE_PX
    return (points.min(axis=0) - reach, points.max(axis=0) + reach) if len(points) else None


def person_size(image: Frame, box: Floats) -> float:
    """The longer side of a person's box ``(left, top, width, height, ...)`` in pixels, at most the frame's."""
    width, height = (0.0 if math.isnan(side) else side for side in box[2:4].tolist())
    return float(min(max(width, height), max(image.shape[:2])))


def fixed_point(points: Floats) -> list[list[int]]:
    """Pixels as OpenCV's fixed-point numbers, with four bits behind the point."""
    fixed: list[list[int]] = np.round(points * (1 << _SHIFT)).astype(int).tolist()
    return fixed


@dataclass(frozen=True, slots=True)
class _Parts:
    """Bones or dots: which are drawn, and the depth, width or radius, and colour of all."""

    drawn: NDArray[np.intp]
    depth: Floats
    size: Floats
    colours: list[list[int]]


def _shaded(colours: Floats, depth: Floats, ink: Ink) -> list[list[int]]:
    """Darker behind the middle; before it the full colour, which says the side."""
    brightness = 1 - (1 - _FARTHEST_BRIGHTNESS) * np.clip(depth, 0, 1)
    return ink.pixels(colours * brightness[:, None])


def _nearest(depth: Floats, edge_depth: Floats, style: SkeletonStyle) -> Floats:
    """``(joints,)`` the depth of the nearest bone at each joint: a dot covers the ends of its own bones."""
    nearest = depth.copy()
    np.minimum.at(nearest, style.edges, edge_depth[:, None])
    return nearest


def _radii(points: Floats, widths: Floats, size: float, style: SkeletonStyle) -> Floats:
    radii = np.full(len(points), 0.0 if len(style.edges) else _BONE_WIDTH * size)
    np.maximum.at(radii, style.edges, widths[:, None])
    return _DOT_RADIUS * radii


def _draw_faint(image: Frame, points: Floats, widths: Floats, style: SkeletonStyle, edges: NDArray[np.intp]) -> None:
    """Blend thin lines with the part of the frame where they are."""
    import cv2

    if not len(edges):
        return
    ends, limit = points[style.edges[edges].ravel()], image.shape[1::-1]
    left, top = np.clip(ends.min(axis=0) - _FAINT_EDGE_PX, 0, limit).astype(int)
    right, bottom = np.clip(ends.max(axis=0) + _FAINT_EDGE_PX, 0, limit).astype(int)
    part = image[top:bottom, left:right]
    if not part.size:
        return
    lines = part.copy()
    corners, colours = fixed_point(points - (left, top)), style.ink.pixels(style.edge_colours)
    for edge, width in zip(edges.tolist(), np.ceil(widths[edges] / 2).astype(int).tolist(), strict=True):
        start, end = style.edges[edge]
        cv2.line(lines, corners[start], corners[end], colours[edge], width, cv2.LINE_AA, _SHIFT)
    cv2.addWeighted(lines, _FAINT_OPACITY, part, 1 - _FAINT_OPACITY, 0, dst=part)


def _draw_bold(image: Frame, points: Floats, style: SkeletonStyle, bones: _Parts, dots: _Parts) -> None:
    """All bones and dots with black outlines, from back to front."""
    import cv2

    corners, outline, edges = fixed_point(points), 1 << _SHIFT, style.edges.tolist()
    widths = np.round(bones.size).astype(int)
    grounds, bars = _bars(points, style.edges, widths + 2, widths)
    radii, black = np.round(dots.size * outline).astype(int).tolist(), style.ink(BLACK)
    # Bones before dots where both are equally deep, since the sort is stable.
    order = np.argsort(-np.concatenate([bones.depth[bones.drawn], dots.depth[dots.drawn]]), kind="stable")
    parts = np.concatenate([bones.drawn, dots.drawn])[order].tolist()
    for part, dot in zip(parts, (order >= len(bones.drawn)).tolist(), strict=True):
        if dot:
            centre, radius = corners[part], radii[part]
            cv2.circle(image, centre, radius + outline, black, cv2.FILLED, cv2.LINE_AA, _SHIFT)
            cv2.circle(image, centre, radius, dots.colours[part], cv2.FILLED, cv2.LINE_AA, _SHIFT)
            continue
        cv2.fillConvexPoly(image, grounds[part], black, cv2.LINE_AA, _BAR_SHIFT)
        if widths[part] > 1:
            cv2.fillConvexPoly(image, bars[part], bones.colours[part], cv2.LINE_AA, _BAR_SHIFT)
        else:
            start, end = (corners[joint] for joint in edges[part])
            cv2.line(image, start, end, bones.colours[part], 1, cv2.LINE_AA, _SHIFT)


def _bars(points: Floats, edges: NDArray[np.intp], *widths: NDArray[np.integer]) -> list[NDArray[np.int32]]:
    """``(edges, 4, 2)`` corners of thick lines without their round ends, which the dots of both joints would cover.

    They are where OpenCV's own thick lines have them, which spend most of their time on the ends. One array for each
    of the ``widths`` ``(edges,)``.
    """
    ends = np.round(points * (1 << _SHIFT))[edges] * (1 << (_BAR_SHIFT - _SHIFT))
    along = ends[:, 1] - ends[:, 0]
    unit = along[:, ::-1] * ((1.0, -1.0) / np.maximum(np.hypot(*along.T), 1.0)[:, None])
    corners = []
    for width in widths:
        across = np.round(unit * ((width + width % 2) * (1 << (_BAR_SHIFT - 1)))[:, None])
        corner = np.empty((len(edges), 4, 2), np.int32)
        corner[:, 0], corner[:, 3] = ends[:, 0] + across, ends[:, 1] + across
        corner[:, 1], corner[:, 2] = ends[:, 0] - across, ends[:, 1] - across
        corners.append(corner)
    return corners
