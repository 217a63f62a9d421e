"""Cycles of different length on one axis from 0 to 100 per cent, and their mean curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import SignalError

Interpolation = Literal["linear", "cubic"]


class Window(Protocol):
    """Frames ``start`` (inclusive) to ``end`` (exclusive): a segment, a repetition."""

    @property
    def start(self) -> int:
        """The index of the cycle's first frame."""
        ...

    @property
    def end(self) -> int:
        """The frame after the last."""
        ...


@dataclass(frozen=True, slots=True)
class Cycles:
    """Curves of several cycles, laid on each other.

    Attributes:
        percent: ``(points,)`` 0 to 100.
        values: ``(cycles, points, ...)`` in the signal's unit; NaN where the signal was not known.
        durations_s: ``(cycles,)`` what 100 per cent are.
    """

    percent: NDArray[np.float64]
    values: NDArray[np.float64]
    durations_s: NDArray[np.float64]

    @property
    def n(self) -> NDArray[np.int64]:
        """``(points, ...)``: how many cycles are known there."""
        return np.asarray(np.isfinite(self.values).sum(0))

    @property
    def mean(self) -> NDArray[np.float64]:
        """``(points, ...)`` over the cycles that are known there, NaN where none is."""
        mean = np.full(self.values.shape[1:], np.nan)
        return np.asarray(np.divide(np.nansum(self.values, axis=0), self.n, out=mean, where=self.n > 0))

    @property
    def sd(self) -> NDArray[np.float64]:
        """``(points, ...)`` standard deviation between cycles (over n - 1), NaN where fewer than 2 are known."""
        squares = np.nansum((self.values - self.mean) ** 2, axis=0)
        variance = np.divide(squares, self.n - 1, out=np.full(self.n.shape, np.nan), where=self.n > 1)
        return np.asarray(np.sqrt(variance))


def time_normalise(
    values: NDArray[np.floating],
    timestamps_s: NDArray[np.floating],
    windows: Sequence[Window],
    *,
    points: int = 101,
    kind: Interpolation = "linear",
) -> Cycles:
    """Every window's curve at even steps from its first frame (0 %) to its last (100 %).

    Args:
        values: ``(frames, ...)``: a signal, angles, joints.
        timestamps_s: ``(frames,)`` ascending; even or not, the curve is read at even times.
        windows: segments or repetitions; neighbours may share a frame.
        points: of every curve; 101 gives whole per cents.
        kind: between frames a straight line, or a cubic spline through each unbroken run of known frames.

    Returns:
        The curves. A point next to a missing frame is NaN; nothing is filled in, nothing reaches beyond a window.

    Raises:
        SignalError: (a ValueError) lengths differ, a window has fewer than 2 frames or exceeds them, or there are
            fewer than 2 points.
    """
    numbers: NDArray[np.float64] = np.asarray(values, np.float64)
    times: NDArray[np.float64] = np.asarray(timestamps_s, np.float64)
    if times.shape != numbers.shape[:1]:
        raise SignalError(f"{numbers.shape} values and {times.shape} times do not fit")
    if points < 2:
        raise SignalError(f"{points} points", hint="a curve needs at least 2")
    curves, durations = [np.zeros((0, points, *numbers.shape[1:]))], []
    for window in windows:
        if not 0 <= window.start < window.end - 1 < len(times):
            raise SignalError(
                f"frames {window.start} to {window.end} are no window",
                hint=f"it needs 2 or more of the {len(times)} frames",
            )
        part = slice(window.start, window.end)
        wanted = np.linspace(times[part][0], times[part][-1], points)
        columns = numbers[part].reshape(window.end - window.start, -1)
        curve = _interpolated(times[part], columns, wanted, kind)
        curves.append(curve.reshape(1, points, *numbers.shape[1:]))
        durations.append(wanted[-1] - wanted[0])
    return Cycles(np.linspace(0, 100, points), np.concatenate(curves), np.array(durations, np.float64))


def _interpolated(
    times: NDArray[np.float64], columns: NDArray[np.float64], wanted: NDArray[np.float64], kind: Interpolation
) -> NDArray[np.float64]:
    """``(points, columns)``, columns that miss the same frames together."""
    known = np.isfinite(columns)
    result = np.full((len(wanted), columns.shape[1]), np.nan)
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        mine = np.flatnonzero(which.ravel() == number)
        frames = np.flatnonzero(pattern)
        for run in np.split(frames, 1 + np.flatnonzero(np.diff(frames) > 1)) if len(frames) else ():
            inside = (wanted >= times[run[0]]) & (wanted <= times[run[-1]])
            result[np.ix_(inside, mine)] = _run(times[run], columns[np.ix_(run, mine)], wanted[inside], kind)
    return result


def _run(
    times: NDArray[np.float64], columns: NDArray[np.float64], wanted: NDArray[np.float64], kind: Interpolation
) -> NDArray[np.float64]:
    """Columns without NaN at times within them."""
    from scipy.interpolate import CubicSpline

    if kind == "cubic" and len(times) > 1:
        return np.asarray(CubicSpline(times, columns)(wanted))
    return np.stack([np.interp(wanted, times, column) for column in columns.T], axis=1)
