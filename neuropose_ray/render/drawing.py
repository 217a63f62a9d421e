"""Drawing on a frame: one person's skeleton, box and label, and the time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.colours import BLACK, SIDE_COLOURS, Colour, text_colour
from neuropose_ray.render.sides import edge_sides, joint_sides
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.floating]

# Width of a bone as a part of the person's size, so that near and far people look alike.
_BONE_WIDTH = 0.008
# A bone is at most so wide for its length: the short ones of face and hands would become blots.
_WIDTH_PER_LENGTH = 0.2
# Radius of a joint's dot for the width of the widest bone at it.
_DOT_RADIUS = 0.85
_FAINT_OPACITY = 0.45
# Faint lines reach so far beyond their ends at most, in pixels.
_FAINT_EDGE_PX = 8
# Height of text as a part of the frame's shorter side, and the smallest that survives compression, in pixels.
_TEXT_HEIGHT, _SMALLEST_TEXT = 0.022, 9
# OpenCV takes fractions of a pixel as whole numbers of 1/16, so that slow movements do not jitter.
_SHIFT = 4
# Joints may lie far off the frame; OpenCV's whole numbers must hold them.
_FARTHEST_PX = 1 << 14


@dataclass(frozen=True, slots=True)
class SkeletonStyle:
    """How a skeleton is drawn.

    Attributes:
        edges: ``(edges, 2)`` joints.
        edge_colours: one for each edge.
        joint_colours: one for each joint.
    """

    edges: NDArray[np.intp]
    edge_colours: tuple[Colour, ...]
    joint_colours: tuple[Colour, ...]

    @classmethod
    def of(cls, skeleton: Skeleton) -> SkeletonStyle:
        """Coloured by side."""
        return cls(
            edges=np.array(skeleton.edges, np.intp).reshape(-1, 2),
            edge_colours=tuple(SIDE_COLOURS[side] for side in edge_sides(skeleton)),
            joint_colours=tuple(SIDE_COLOURS[side] for side in joint_sides(skeleton)),
        )


def draw_skeleton(image: Frame, pose: Floats, sure: NDArray[np.bool_], size: float, style: SkeletonStyle) -> None:
    """Draw one person in place.

    Args:
        image: the frame.
        pose: ``(joints, 2)`` pixels; a joint that is not finite is left out with its bones.
        sure: ``(joints,)``; bones to other joints are faint, and those joints have no dot.
        size: the person's, in pixels.
        style: the skeleton's.
    """
    known = np.isfinite(pose[:, 0]) & np.isfinite(pose[:, 1])
    points = np.clip(np.where(known[:, None], pose, 0), -_FARTHEST_PX, _FARTHEST_PX)
    starts, ends = style.edges.T
    lengths = np.linalg.norm(points[starts] - points[ends], axis=1)
    widths = np.maximum(1, np.minimum(_BONE_WIDTH * size, _WIDTH_PER_LENGTH * lengths))
    radii = np.full(len(pose), 0.0 if len(starts) else _BONE_WIDTH * size)
    np.maximum.at(radii, style.edges, widths[:, None])
    shown, bold = known[starts] & known[ends], sure[starts] & sure[ends]
    _draw_faint(image, points, widths, style, np.flatnonzero(shown & ~bold))
    _draw_bones(image, points, widths, style, np.flatnonzero(shown & bold))
    _draw_dots(image, points, _DOT_RADIUS * radii, style, np.flatnonzero(known & sure))


def draw_box(image: Frame, box: Floats, colour: Colour) -> None:
    """Draw a box ``(left, top, width, height, ...)`` in place."""
    import cv2

    if np.isfinite(box[:4]).all():
        corners = np.clip(np.stack([box[:2], box[:2] + box[2:4]]), -_FARTHEST_PX, _FARTHEST_PX)
        first, second = _fixed(corners)
        cv2.rectangle(image, first, second, colour, 2, cv2.LINE_AA, _SHIFT)


def draw_label(image: Frame, text: str, foot: tuple[float, float], background: Colour) -> None:
    """Write a line of text before a plain ground, its lower edge centred on ``foot`` (x, y), kept on the frame."""
    import cv2

    frame_height, frame_width = image.shape[:2]
    height = max(_SMALLEST_TEXT, round(_TEXT_HEIGHT * min(frame_height, frame_width)))
    stroke, pad = max(1, height // 8), height // 2
    scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, height, stroke)
    (text_width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, stroke)
    width = text_width + 2 * pad
    left = max(0, min(round(foot[0] - width / 2), frame_width - width))
    bottom = max(height + 2 * pad, min(round(foot[1]), frame_height - 1))
    cv2.rectangle(image, (left, bottom - height - 2 * pad), (left + width, bottom), background, -1)
    cv2.putText(
        image, text, (left + pad, bottom - pad), cv2.FONT_HERSHEY_SIMPLEX, scale, text_colour(background), stroke,
        cv2.LINE_AA,
    )  # fmt: skip


def person_size(image: Frame, box: Floats) -> float:
    """The longer side of a person's box ``(left, top, width, height, ...)`` in pixels, at most the frame's."""
    return float(min(np.nan_to_num(box[2:4]).max(), max(image.shape[:2])))


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
    corners = _fixed(points - (left, top))
    for edge, width in zip(edges.tolist(), np.ceil(widths[edges] / 2).astype(int).tolist(), strict=True):
        start, end = style.edges[edge]
        cv2.line(lines, corners[start], corners[end], style.edge_colours[edge], width, cv2.LINE_AA, _SHIFT)
    cv2.addWeighted(lines, _FAINT_OPACITY, part, 1 - _FAINT_OPACITY, 0, dst=part)


def _draw_bones(image: Frame, points: Floats, widths: Floats, style: SkeletonStyle, edges: NDArray[np.intp]) -> None:
    import cv2

    corners = _fixed(points)
    bones = [
        (corners[start], corners[end], style.edge_colours[edge], width)
        for edge, (start, end), width in zip(
            edges.tolist(), style.edges[edges].tolist(), np.round(widths[edges]).astype(int).tolist(), strict=True
        )
    ]
    for start, end, _, width in bones:  # all outlines before all bones: none may cut through a bone
        cv2.line(image, start, end, BLACK, width + 2, cv2.LINE_AA, _SHIFT)
    for start, end, colour, width in bones:
        cv2.line(image, start, end, colour, width, cv2.LINE_AA, _SHIFT)


def _draw_dots(image: Frame, points: Floats, radii: Floats, style: SkeletonStyle, joints: NDArray[np.intp]) -> None:
    import cv2

    centres, outline = _fixed(points), 1 << _SHIFT
    for joint, radius in zip(joints.tolist(), np.round(radii[joints] * outline).astype(int).tolist(), strict=True):
        cv2.circle(image, centres[joint], radius + outline, BLACK, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        cv2.circle(image, centres[joint], radius, style.joint_colours[joint], cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _fixed(points: Floats) -> list[list[int]]:
    """Pixels as OpenCV's fixed-point numbers."""
    fixed: list[list[int]] = np.round(points * (1 << _SHIFT)).astype(int).tolist()
    return fixed
