"""The centre of mass of a body over time, its velocity, and the energies of all segments per kilogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.body.segments import Segment, Segments
from neuropose_ray.analysis.derivatives import derivative

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BodyMotion:
    """How a body moves; NaN in frames in which a joint is missing.

    Attributes:
        centre_m: ``(frames, 3)`` the centre of mass, in m along the axes of the positions.
        velocity_m_per_s: ``(frames, 3)`` of it.
        translational_j_per_kg: ``(frames,)`` kinetic energy of the segments' centres, over the body's mass.
        rotational_j_per_kg: ``(frames,)`` kinetic energy of their turning, over the body's mass.
    """

    centre_m: Array
    velocity_m_per_s: Array
    translational_j_per_kg: Array
    rotational_j_per_kg: Array

    @property
    def kinetic_j_per_kg(self) -> Array:
        """``(frames,)`` both together."""
        return self.translational_j_per_kg + self.rotational_j_per_kg


def body_motion(segments: Segments, timestamps_s: Array) -> BodyMotion:
    """The centre of mass and the kinetic energy of rigid segments (Winter 2009, section 6.3).

    ``sum of m_i (v_i^2 / 2 + k_i^2 w_i^2 / 2)`` over the body's mass. A segment turns about the two axes that are
    square to its length, with the mean of both radii of gyration; of the turning of a limb about its own length its
    two ends show nothing, and it is left out. Half of
    the trunk turns about its length as the hips do, half as the shoulders.

    Args:
        segments: of the body.
        timestamps_s: ``(frames,)`` ascending.
    """
    centre = np.sum([part.inertia.mass * part.centre for part in segments.parts], axis=0)
    moving = np.sum(
        [part.inertia.mass * _square(derivative(part.centre, timestamps_s)) / 2 for part in segments.parts], axis=0
    )
    turning = np.sum([_turning(part, timestamps_s) for part in segments.parts], axis=0)
    turning = turning + _twisting(segments, timestamps_s)
    return BodyMotion(centre, derivative(centre, timestamps_s), moving, turning)


def _turning(part: Segment, timestamps_s: Array) -> Array:
    """``(frames,)`` energy about the axes square to the length; the length itself is taken to be constant."""
    along = part.end - part.start
    length = _usual(np.linalg.norm(along, axis=1))
    if not length > 0:
        return np.where(np.isfinite(along).all(1), 0.0, np.nan)
    rate = derivative(_unit(along), timestamps_s)
    return part.inertia.mass * part.inertia.across_squared * length**2 * _square(rate) / 2


def _twisting(segments: Segments, timestamps_s: Array) -> Array:
    """``(frames,)`` energy of the trunk's turning about its own length, half of it as the hips turn."""
    trunk = segments.parts[0]
    along = trunk.end - trunk.start
    axis = _unit(along)
    rates = []
    for line in segments.across:
        level = _unit(line - (line * axis).sum(1, keepdims=True) * axis)
        rates.append((np.cross(axis, level) * derivative(level, timestamps_s)).sum(1))
    length = _usual(np.linalg.norm(along, axis=1))
    squared = np.mean(np.square(rates), axis=0)
    return np.asarray(trunk.inertia.mass * (trunk.inertia.longitudinal * length) ** 2 * squared / 2)


def _square(vectors: Array) -> Array:
    return np.asarray((vectors**2).sum(1))


def _unit(vectors: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _usual(lengths: Array) -> float:
    known = lengths[np.isfinite(lengths)]
    return float(np.median(known)) if len(known) else float("nan")
