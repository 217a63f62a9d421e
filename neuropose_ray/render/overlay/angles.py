"""Joint angles at the joints: the line on which the angle is 0, an arc, and the number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.colours import BLACK, RGB, Colour, Ink
from neuropose_ray.render.overlay.drawing import fixed_point
from neuropose_ray.render.overlay.labels import Label, text_height
from neuropose_ray.render.overlay.measurements import AngleCurve
from neuropose_ray.schemas.poses import Frame

Floats = NDArray[np.floating]

# Numbers are many: smaller than other texts, and readable at 720p still.
_NUMBER_SCALE = 0.8
# The number covers a person who is smaller than so many heights of it.
_SMALLEST_PERSON = 11
# Radius of the arc for the person's size, and at most for the segment's length in the picture.
_RADIUS, _RADIUS_PER_LENGTH = 0.055, 0.5
# A segment that points along the line of sight, shorter than this part of the person, has no direction there.
_SHORTEST = 0.03
# The line of 0 degrees ends so far outside the arc.
_ZERO_LINE = 1.4
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Number:
    """An angle laid out beside its joint.

    Attributes:
        label: the text.
        foot: where its lower edge's middle is, x and y in pixels.
        colour: of its ground.
    """

    label: Label
    foot: tuple[float, float]
    colour: Colour

    def draw(self, image: Frame, ink: Ink = RGB) -> None:
        """Write it in place."""
        self.label.draw(image, self.foot, self.colour, ink)

    def covers(self, other: Number) -> bool:
        """Whether the two overlap."""
        (width, height), (other_width, other_height) = self.label.size, other.label.size
        is_apart = abs(self.foot[0] - other.foot[0]) >= (width + other_width) / 2
        return not is_apart and -height < other.foot[1] - self.foot[1] < other_height


def draws_angles(image: Frame, size: float) -> bool:
    """Whether a person of this size in pixels is large enough."""
    return size >= _SMALLEST_PERSON * text_height(image)


def draw_arc(image: Frame, pose: Floats, size: float, curve: AngleCurve, colour: Colour, ink: Ink = RGB) -> None:
    """Draw the line of 0 degrees and the arc in place.

    They show which segments an angle lies between. It is measured in space, so that the arc in the picture has
    another opening where the segments do not lie in the picture's plane; where one points along the line of sight,
    nothing is drawn.

    Args:
        image: the frame.
        pose: ``(joints, 2)`` pixels.
        size: the person's, in pixels.
        curve: which angle.
        colour: of the arc.
        ink: for the image.
    """
    import cv2

    vertex = pose[curve.joint]
    zero = pose[list(curve.zero_to)].mean(axis=0) - pose[list(curve.zero_from)].mean(axis=0)
    segment = pose[curve.end] - vertex
    length = float(np.hypot(*segment))
    if not (length > _SHORTEST * size and np.hypot(*zero) > _SHORTEST * size and np.abs(vertex).max() < 1e4):
        return
    radius = min(_RADIUS * size, _RADIUS_PER_LENGTH * length)
    start_deg, end_deg = (math.degrees(math.atan2(y, x)) for x, y in (zero, segment))
    turn_deg = (end_deg - start_deg + 180) % 360 - 180
    tip = vertex + zero / np.hypot(*zero) * _ZERO_LINE * radius
    (centre, corner), thickness = fixed_point(np.stack([vertex, tip])), max(1, round(0.1 * radius))
    axes = (round(radius * (1 << _SHIFT)),) * 2
    for pixel, width in ((ink(BLACK), thickness + 2), (ink(colour), thickness)):
        cv2.line(image, centre, corner, pixel, max(1, width - 1), cv2.LINE_AA, _SHIFT)
        cv2.ellipse(image, centre, axes, 0, start_deg, start_deg + turn_deg, pixel, width, cv2.LINE_AA, _SHIFT)


def number(image: Frame, pose: Floats, degrees: float, curve: AngleCurve, *, above: bool, colour: Colour) -> Number:
    """Lay an angle out in whole degrees, on the side of its joint that is away from the other side's joint.

    Args:
        image: the frame.
        pose: ``(joints, 2)`` pixels.
        degrees: the number.
        curve: which angle.
        above: where the joints of both sides lie behind each other, one number stands above, one below.
        colour: of the ground.
    """
    label = Label.of(f"{degrees:.0f}°", image, scale=_NUMBER_SCALE)
    width, height = label.size
    x, y = pose[curve.joint].tolist()
    # Along half an ellipse as the joints pass each other, so that their numbers neither meet nor jump.
    across = float(np.clip(np.nan_to_num((x - pose[curve.other_side, 0]) / width), -1, 1))
    upwards = math.sqrt(1 - across**2) * (-1 if above else 1)
    return Number(label, (x + across * width, y + upwards * 1.5 * height + height / 2), colour)


def apart(numbers: Sequence[Number]) -> list[Number]:
    """The same numbers from top to bottom, moved down where they would cover each other."""
    placed: list[Number] = []
    for number in sorted(numbers, key=lambda number: number.foot[1]):
        moved = number
        for placed_number in placed:
            if placed_number.covers(moved):
                moved = replace(moved, foot=(moved.foot[0], placed_number.foot[1] + moved.label.size[1]))
        placed.append(moved)
    return placed
