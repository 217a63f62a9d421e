"""Angles over time, how fast they change, and which range they cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.derivatives import derivative, known_stretches
from neuropose_ray.analysis.statistics import FeatureStatistics, extract_feature_statistics
from neuropose_ray.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AngleTable:
    """Named angles of one person over all frames; :mod:`.definitions` says what each name means.

    Attributes:
        source: what they were computed from, for messages and tables.
        timestamps_s: ``(frames,)``, ascending, in s.
        names: of the columns, in the definitions' order.
        values_deg: ``(frames, angles)`` in degrees; NaN where a joint is missing or the angle is not defined.
        left_out: the angles that the skeleton does not allow, each with the landmarks that it lacks.
    """

    source: str
    timestamps_s: Array
    names: tuple[str, ...]
    values_deg: Array
    left_out: Mapping[str, tuple[str, ...]]

    def angle(self, name: str) -> Array:
        """``(frames,)`` of one angle, in degrees.

        Raises:
            InputError: there is no such angle, or the skeleton lacks joints for it.
        """
        return self.values_deg[:, self._column(name)]

    def velocity(self, name: str) -> Array:
        """``(frames,)`` of one angle's velocity, in degrees per second; see :func:`angular_velocity`.

        Raises:
            InputError: there is no such angle, or the skeleton lacks joints for it.
        """
        return angular_velocity(self.angle(name), self.timestamps_s)

    def ranges(self) -> dict[str, FeatureStatistics]:
        """Smallest and largest value, range, mean, SD (degrees) and coverage of every angle over its known frames.

        Raises:
            SequenceError: there are no frames.
        """
        return {name: extract_feature_statistics(self.angle(name)) for name in self.names}

    def _column(self, name: str) -> int:
        if name in self.left_out:
            lacking = ", ".join(self.left_out[name])
            raise InputError(f"{name} cannot be told: the skeleton has no {lacking}", where=self.source)
        if name not in self.names:
            raise InputError(f"unknown angle {name!r}", where=self.source, hint=f"there are {', '.join(self.names)}")
        return self.names.index(name)


def angular_acceleration(angle_deg: Array, timestamps_s: Array) -> Array:
    """Second derivative of an angle, see :func:`~neuropose_ray.analysis.derivatives.derivative`.

    Args:
        angle_deg: ``(frames,)`` in degrees; steps count the short way round the circle.
        timestamps_s: ``(frames,)``, ascending, in s.

    Returns:
        ``(frames,)`` in degrees per square second; NaN where the angle is, and in stretches of fewer than 4 frames.
    """
    unwrapped = angle_deg.copy()
    for start, end in known_stretches(angle_deg):
        unwrapped[start:end] = np.unwrap(angle_deg[start:end], period=360)
    return derivative(unwrapped, timestamps_s, 2)


def angular_velocity(angle_deg: Array, timestamps_s: Array) -> Array:
    """First derivative of an angle, by central differences on the frames' own times.

    Second order also where frames are uneven: the two differences of a frame are weighted by the interval of the
    other (Fornberg 1988, Math Comput 51(184), as in ``numpy.gradient``). At the ends of an unbroken run of frames
    the one difference that there is. Steps count the short way round the circle.

    Args:
        angle_deg: ``(frames,)`` in degrees.
        timestamps_s: ``(frames,)``, ascending, in s.

    Returns:
        ``(frames,)`` in degrees per second; NaN where the angle is, and where both neighbours are missing.
    """
    intervals = np.diff(timestamps_s)
    slopes = ((np.diff(angle_deg) + 180) % 360 - 180) / intervals
    none = [np.nan]
    before, after = np.concatenate([none, slopes]), np.concatenate([slopes, none])
    time_before, time_after = np.concatenate([none, intervals]), np.concatenate([intervals, none])
    central = (before * time_after + after * time_before) / (time_before + time_after)
    velocity = np.where(np.isnan(central), np.where(np.isnan(before), after, before), central)
    return np.asarray(velocity[: len(angle_deg)])
