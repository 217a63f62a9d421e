"""A recorded movement at other times than those at which it was sampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: In median intervals; what lies between samples further apart was not recorded.
_LONGEST_STEP = 3.0


def positions_at(
    times_s: NDArray[np.float64], positions: NDArray[np.float64], when_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Positions at any times, by the cubic through the four samples around each.

    A straight line between samples would bend only at the samples, which second differences show: at 100 Hz up to a
    tenth of an acceleration. A line still serves where one of the outer two samples is not known.

    Args:
        times_s: ``(samples,)`` ascending.
        positions: ``(samples, joints, 3)`` at these times; NaN where not known.
        when_s: ``(n,)`` the times that are wanted.

    Returns:
        ``(n, joints, 3)``; NaN outside the recording, in gaps of more than three median intervals, and beside a NaN.
        At a sample's own time it is the sample.
    """
    if len(times_s) == 1:
        return np.where(when_s[:, None, None] == times_s[0], positions, np.nan)
    steps = np.diff(times_s)
    before = np.clip(np.searchsorted(times_s, when_s, side="right") - 1, 0, len(steps) - 1)
    share = (when_s - times_s[before]) / steps[before]
    start, end = positions[before], positions[before + 1]
    line = start + share[:, None, None] * (end - start)
    cubic = _cubic(times_s, positions, when_s, before)
    recorded = (share > 0) & (share < 1) & (steps[before] <= _LONGEST_STEP * np.median(steps))
    between = np.where(np.isfinite(cubic), cubic, line)
    cases = [mask[:, None, None] for mask in (share == 0, share == 1, recorded)]
    return np.select(cases, [start, end, between], np.nan)


def _cubic(
    times_s: NDArray[np.float64],
    positions: NDArray[np.float64],
    when_s: NDArray[np.float64],
    before: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Lagrange's polynomial through the samples ``before - 1`` to ``before + 2``; NaN where these are not there."""
    last = len(times_s) - 1
    has_all_nodes = (before >= 1) & (before + 2 <= last)
    nodes = np.clip(before[:, None] + np.arange(-1, 3), 0, last)
    times = times_s[nodes]
    result = np.full((len(when_s), *positions.shape[1:]), 0.0)
    for node in range(4):
        others = [index for index in range(4) if index != node]
        from_others = when_s[:, None] - times[:, others]
        between = np.where(has_all_nodes[:, None], times[:, [node]] - times[:, others], 1.0)
        weight = np.prod(from_others / between, axis=1)
        result += weight[:, None, None] * positions[nodes[:, node]]
    return np.where(has_all_nodes[:, None, None], result, np.nan)
