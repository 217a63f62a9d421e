"""Positions between the known ones: gaps filled and times made even, never across a gap that is too long."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.cleaning.samples import Floats, known_samples
from neuropose_ray.analysis.cleaning.settings import GapSettings, Interpolation

#: Times closer than this are the same: rounding of sums of frame intervals.
_SAME_TIME_S = 1e-6


def fill_gaps(timestamps_s: Floats, positions: Floats, settings: GapSettings) -> Floats:
    """Positions with the short gaps filled; known samples are returned bit by bit.

    A gap reaches from the last known sample of a joint to its next. Longer gaps, and what lies before the first
    and after the last known sample, stay NaN.

    Args:
        timestamps_s: ``(frames,)`` ascending, even or not.
        positions: ``(frames, joints, 3)`` mm.
        settings: the longest gap and the kind of curve.
    """
    drawn = interpolate(timestamps_s, positions, timestamps_s, settings.max_gap_s, settings.method)
    return np.where(known_samples(positions)[..., None], positions, drawn)


def interpolate(
    timestamps_s: Floats, values: Floats, at_s: Floats, max_gap_s: float, method: Interpolation
) -> Floats:
    """Values at other times.

    Every stretch of known samples without a gap longer than ``max_gap_s`` gets a curve of its own, so that nothing
    crosses such a gap and nothing beyond it bends the curve. ``pchip`` is Fritsch and Carlson 1980, SIAM J Numer
    Anal 17:238; ``cubic`` is the not-a-knot spline. Stretches with too few samples for the method are linear.

    Args:
        timestamps_s: ``(frames,)`` ascending.
        values: ``(frames, joints, coordinates)``; a joint with any NaN is missing in that frame.
        at_s: ``(n,)`` ascending.
        max_gap_s: the longest time between two known samples that belong together.
        method: the kind of curve.

    Returns:
        ``(n, joints, coordinates)``, NaN outside the stretches.
    """
    drawn = np.full((len(at_s), *values.shape[1:]), np.nan)
    known = known_samples(values)
    for joint in range(values.shape[1]):
        frames = np.flatnonzero(known[:, joint])
        breaks = np.flatnonzero(np.diff(timestamps_s[frames]) > max_gap_s + _SAME_TIME_S) + 1
        for stretch in np.split(frames, breaks):
            if not len(stretch):
                continue
            times = timestamps_s[stretch]
            first = np.searchsorted(at_s, times[0] - _SAME_TIME_S)
            end = np.searchsorted(at_s, times[-1] + _SAME_TIME_S, side="right")
            within = np.clip(at_s[first:end], times[0], times[-1])
            drawn[first:end, joint] = _curve(times, values[stretch, joint], method)(within)
    return drawn


def _curve(times: Floats, values: Floats, method: Interpolation) -> Callable[[Floats], Floats]:
    from scipy.interpolate import CubicSpline, PchipInterpolator, make_interp_spline

    if len(times) == 1:
        return lambda at: np.broadcast_to(values[0], (len(at), *values.shape[1:]))
    if method == "pchip" and len(times) > 2:
        curve: Callable[[Floats], Floats] = PchipInterpolator(times, values)
    elif method == "cubic" and len(times) > 3:
        curve = CubicSpline(times, values)
    else:
        curve = make_interp_spline(times, values, k=1)
    return curve


def is_even(timestamps_s: Floats, tolerance: float) -> bool:
    """Whether no interval differs from the median one by more than this share of it."""
    intervals = np.diff(timestamps_s)
    return len(intervals) == 0 or bool((np.abs(intervals / np.median(intervals) - 1) <= tolerance).all())


def even_grid(timestamps_s: Floats, rate_hz: float) -> Floats:
    """Times from the first on in steps of ``1 / rate_hz``, up to the last."""
    count = int(np.floor((timestamps_s[-1] - timestamps_s[0] + _SAME_TIME_S) * rate_hz)) + 1
    return np.asarray(timestamps_s[0] + np.arange(count) / rate_hz)


def bridged(timestamps_s: Floats, measured: NDArray[np.bool_], at_s: Floats, longest_s: float) -> NDArray[np.bool_]:
    """``(n, joints)``: whether the measured samples around a time lie farther apart than ``longest_s``.

    Also where there is none on one side; at the very time of a measured sample it is False.

    Args:
        timestamps_s: ``(frames,)`` ascending.
        measured: ``(frames, joints)``.
        at_s: ``(n,)``.
        longest_s: for example one and a half frame intervals: two neighbouring frames lie closer.
    """
    across = np.ones((len(at_s), measured.shape[1]), bool)
    for joint in range(measured.shape[1]):
        times = np.concatenate([[-np.inf], timestamps_s[measured[:, joint]], [np.inf]])
        after = np.searchsorted(times, at_s - _SAME_TIME_S)
        before = np.searchsorted(times, at_s + _SAME_TIME_S, side="right") - 1
        across[:, joint] = (after > before) & (times[after] - times[before] > longest_s)
    return across
