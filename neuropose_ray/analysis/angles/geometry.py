"""Angles of vectors over time. NaN comes out where a vector has a NaN, no length, or no angle of that kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axes:
    """Three directions square to each other, each ``(frames, 3)`` of unit length, NaN where they are not defined."""

    up: Array
    right: Array
    forward: Array


def unit(vectors: Array) -> Array:
    """The directions ``(frames, 3)`` of vectors; NaN where there is no length."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, np.nan))


def dot(first: Array, second: Array) -> Array:
    """Scalar products ``(frames,)``."""
    return np.asarray((first * second).sum(-1))


def axes_about(up: Array, towards_right: Array, min_off_axis_deg: float) -> Axes:
    """Axes with exactly this ``up`` (unit length), and ``right`` as close as possible to the given vectors.

    NaN where those lie closer to ``up`` than ``min_off_axis_deg``.
    """
    right = unit(towards_right)
    along = dot(right, up)
    right = unit(right - along[:, None] * up)
    right[np.abs(along) > np.cos(np.radians(min_off_axis_deg))] = np.nan
    return Axes(up, right, np.asarray(np.cross(up, right), np.float64))


def angle_between_deg(first: Array, second: Array) -> Array:
    """``(frames,)`` without sign, 0..180. Two-argument arctangent: exact also for nearly parallel vectors."""
    first, second = unit(first), unit(second)
    return np.asarray(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second), axis=-1), dot(first, second))))


def angle_out_of_plane_deg(vectors: Array, normal: Array) -> Array:
    """``(frames,)`` between vectors and the plane square to ``normal`` (unit length): -90..90, 90 along it."""
    return np.asarray(np.degrees(np.arcsin(np.clip(dot(unit(vectors), normal), -1, 1))))


def angle_in_plane_deg(
    vectors: Array, zero: Array, quarter: Array, *, min_off_axis_deg: float, lowest: float = -180.0
) -> Array:
    """``(frames,)`` of vectors seen in a plane, from the direction ``zero`` towards ``quarter`` (square to it).

    Args:
        vectors: ``(frames, 3)``.
        zero: ``(frames, 3)``, unit length: where the angle is 0.
        quarter: ``(frames, 3)``, unit length: where it is 90.
        min_off_axis_deg: NaN for vectors that lie closer than this to the plane's normal.
        lowest: results lie from here, inclusive, to 360 above, exclusive.
    """
    vectors = unit(vectors)
    ahead, across = dot(vectors, zero), dot(vectors, quarter)
    degrees = (np.degrees(np.arctan2(across, ahead)) - lowest) % 360 + lowest
    off_axis = np.hypot(ahead, across) >= np.sin(np.radians(min_off_axis_deg))
    return np.where(off_axis, degrees, np.nan)


#: So far beyond its range an angle is carried on: a course that leads farther came there by errors.
_CARRIED_ON_DEG = 45.0


def unwrapped_deg(degrees: Array, lowest: float) -> Array:
    """``(frames,)`` of an angle about an axis, without jumps of 360 degrees from one end of its range to the other.

    Each known value is moved by whole turns to the one nearest to the known value before it, then all together, so
    that their median lies between ``lowest`` and 360 above. A stretch got beyond that range by errors where its
    median lies farther out than 45 degrees, or one of its values farther than 225: it is left within the range, and
    its first frame is NaN, so that no curve jumps.

    Args:
        degrees: ``(frames,)``, NaN where not known.
        lowest: the lower end of the range.
    """
    known = np.flatnonzero(np.isfinite(degrees))
    result = degrees.copy()
    if not len(known):
        return result
    wrapped = degrees[known]
    turned = np.unwrap(wrapped, period=360)
    turned -= 360 * np.floor((np.median(turned) - lowest) / 360)
    turns = np.round((turned - wrapped) / 360)
    borders = 1 + np.flatnonzero(np.diff(turns))
    for stretch in np.split(np.arange(len(known)), borders):
        beyond = np.maximum(lowest - turned[stretch], turned[stretch] - (lowest + 360))
        if np.median(beyond) > _CARRIED_ON_DEG or beyond.max() > _CARRIED_ON_DEG + 180:
            turned[stretch] = wrapped[stretch]
    jumps = 1 + np.flatnonzero(np.abs(np.diff(turned)) > 180)
    turned[jumps] = np.nan
    result[known] = turned
    return result
