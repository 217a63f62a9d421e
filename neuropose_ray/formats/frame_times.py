"""The constant rate of a file whose header and whose times may disagree about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.formats.uniform_timebase import fit_even_times

# Written times have a number of decimals; fewer than these are no rounding, but other times.
_COARSEST_S = 0.01
_FINEST_DECIMALS = 9
# Parts of a frame: clocks jitter by less than the first, a frame that was left out leaves a whole one. Times that
# disagree with the stated rate must be more even than that to be believed.
_LARGEST_JITTER = 0.4
_NEAR_FRAME = 0.1
# Rates closer than the first are the same, written with other decimals; closer than the second, one is rounded.
_SAME_RATE = 1e-4
_ROUNDED_RATE = 0.02
# A file of which this many times its frames are left out is not taken for one with gaps.
_MOST_GAPS = 10


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """Where the rows of a file stand among frames at a constant rate.

    Attributes:
        rate_hz: frames per second.
        start_s: the time of the first frame in s.
        index: ``(rows,)`` the frame of each row, ascending.
        notes: what a user should know, one sentence each.
    """

    rate_hz: float
    start_s: float
    index: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """Frames from the first row's to the last row's."""
        return int(self.index[-1]) + 1


def constant_rate(times_s: NDArray[np.float64], stated_hz: float | None) -> FrameTimes:
    """The rate that explains the times of a file's rows best, and the frames that they are.

    The stated rate where the times are its own, but for their rounding; else that of the times, where they are even;
    else the stated one with gaps, where frames were left out.

    Args:
        times_s: ``(rows,)`` in s, NaN where not given.
        stated_hz: what the header says, None where it says nothing.

    Raises:
        ValueError: there is no row, no rate is known, or the times are not evenly spaced.
    """
    rows = len(times_s)
    if not rows:
        raise ValueError("there is no frame in it")
    index = np.arange(rows)
    if np.isnan(times_s).all() and stated_hz:
        return FrameTimes(stated_hz, 0.0, index, ("The frames have no times; they count from 0 at the stated rate.",))
    if np.isnan(times_s).any():
        raise ValueError("a frame has no time")
    start_s, rounding_s = float(times_s[0]), _rounding(times_s)
    if stated_hz and np.abs(start_s + index / stated_hz - times_s).max() <= rounding_s:
        return FrameTimes(stated_hz, start_s, index)
    if rows == 1 or not (np.diff(times_s) > 0).all():
        raise ValueError("the times of its frames do not ascend" if rows > 1 else "its rate is not known")
    return _with_gaps(times_s, stated_hz, rounding_s) or _even(times_s, stated_hz)


def _rounding(times_s: NDArray[np.float64]) -> float:
    """One of the last decimal that the times have."""
    for decimals in range(1, _FINEST_DECIMALS):
        if np.abs(np.round(times_s, decimals) - times_s).max() < 10**-_FINEST_DECIMALS:
            return min(_COARSEST_S, 10.0**-decimals)
    return float(10.0 ** (1 - _FINEST_DECIMALS))


def _with_gaps(times_s: NDArray[np.float64], stated_hz: float | None, rounding_s: float) -> FrameTimes | None:
    """Rows at the stated rate of which some were left out, None where they are not."""
    if not stated_hz:
        return None
    frames = (times_s - times_s[0]) * stated_hz
    index = np.round(frames)
    off = np.abs(frames - index).max()
    steps = np.diff(index)
    if off > max(_NEAR_FRAME, min(rounding_s * stated_hz, _LARGEST_JITTER)) or (steps < 1).any():
        return None
    if steps[0] > 1 and (steps == steps[0]).all():  # nothing was left out: the rate is another one
        return None
    missing = int(index[-1]) + 1 - len(times_s)
    if missing > _MOST_GAPS * len(times_s):
        return None
    notes = (f"{missing} frames are left out between the others; they are missing here.",) if missing else ()
    return FrameTimes(stated_hz, float(times_s[0]), index.astype(np.int64), notes)


def _even(times_s: NDArray[np.float64], stated_hz: float | None) -> FrameTimes:
    """Rows at the rate of their times.

    Raises:
        ValueError: they are not evenly spaced.
    """
    interval_s, start_s = fit_even_times(times_s)
    index = np.arange(len(times_s))
    rate = round(1 / interval_s, 6)
    near_stated = stated_hz is None or abs(rate / stated_hz - 1) < _ROUNDED_RATE
    jitter = np.abs(start_s + index * interval_s - times_s).max() / interval_s
    if jitter > (_LARGEST_JITTER if near_stated else _NEAR_FRAME):
        stated = f" at {stated_hz:g} frames per second" if stated_hz else ""
        raise ValueError(f"the times of its frames are not evenly spaced{stated}")
    if stated_hz is None or abs(rate / stated_hz - 1) < _SAME_RATE:
        return FrameTimes(rate, float(times_s[0]), index)
    note = f"The header says {stated_hz:g} frames per second; the times of the frames say {rate:.6g}, which is taken."
    return FrameTimes(rate, float(times_s[0]), index, (note,))
