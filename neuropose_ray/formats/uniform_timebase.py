"""A constant frame rate, which most files of biomechanics and animation need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError

#: Times this near to an even clock, in s, are that clock's: Matroska and WebM round times to whole milliseconds.
_TOLERANCE_S = 0.001
#: No numbers are put between two frames that lie farther apart than this, in median intervals: a joint may turn back
#: in a longer pause.
_LONGEST_BRIDGE_FRAMES = 4.0


@dataclass(frozen=True, slots=True)
class UniformTimebase:
    """Frames at a constant rate, and where each of them lies between the frames of the video.

    Attributes:
        rate_hz: frames per second.
        start_s: the time of the first frame in s.
        left, right: ``(frames,)`` the frames of the video around each one, equal where one serves as it is.
        weight: ``(frames,)`` of ``right``, 0 to 1; NaN where the two lie too far apart.
        resampled: whether frames were put between those of the video.
    """

    rate_hz: float
    start_s: float
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    weight: NDArray[np.float64]
    resampled: bool

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Times of the frames, ``(frames,)`` in s."""
        return self.start_s + np.arange(len(self.weight)) / self.rate_hz

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """``values`` on this clock, linear between the frames of the video.

        Args:
            values: ``(frames of the video, ...)``, NaN where missing.

        Returns:
            ``(frames, ...)``, NaN where a frame that would be needed is missing or too far away.
        """
        weight = self.weight.reshape(-1, *(1,) * (values.ndim - 1))
        return values[self.left] + weight * (values[self.right] - values[self.left])


def uniform_timebase(timestamps_s: NDArray[np.float64], *, fps: float, where: str) -> UniformTimebase:
    """The constant rate that a video has, or else its median rate.

    Times within a millisecond of an even clock, fitted by least squares, are taken to be that clock's: frame for
    frame, nothing is interpolated. Else there is one frame for each median interval from the first time on.

    Args:
        timestamps_s: ``(frames,)`` presentation times in s.
        fps: the rate of a single frame, which has no interval.
        where: what the times were read from, for the errors.

    Raises:
        InputError: there is no frame, a time is missing, times do not ascend, or a single frame has no rate.
    """
    frames = len(timestamps_s)
    if frames == 0:
        raise InputError("there are no frames", where=where)
    if not np.isfinite(timestamps_s).all() or not (np.diff(timestamps_s) > 0).all():
        raise InputError("the times of the frames are missing or do not ascend", where=where)
    index = np.arange(frames)
    if frames == 1:
        if fps <= 0:
            raise InputError("there is a single frame, and no frame rate is known", where=where)
        return UniformTimebase(fps, float(timestamps_s[0]), index, index, np.zeros(1), resampled=False)
    interval, start = fit_even_times(timestamps_s)
    if np.abs(start + index * interval - timestamps_s).max() <= _TOLERANCE_S:
        return UniformTimebase(
            _tidy(1 / interval), float(timestamps_s[0]), index, index, np.zeros(frames), resampled=False
        )
    return _median_clock(timestamps_s)


def fit_even_times(timestamps_s: NDArray[np.float64]) -> tuple[float, float]:
    """Interval and first time in s of the even clock that is nearest by least squares, of two times or more."""
    centred = np.arange(len(timestamps_s)) - (len(timestamps_s) - 1) / 2
    mean = float(timestamps_s.mean())
    interval = float(centred @ (timestamps_s - mean) / (centred @ centred))
    return interval, mean + centred[0] * interval


def _median_clock(timestamps_s: NDArray[np.float64]) -> UniformTimebase:
    rate = _tidy(1 / float(np.median(np.diff(timestamps_s))))
    start = float(timestamps_s[0])
    # A last frame that rounding would lose is kept.
    count = int(np.floor((timestamps_s[-1] - start) * rate + 1e-3)) + 1
    times = np.minimum(start + np.arange(count) / rate, timestamps_s[-1])
    right = np.clip(np.searchsorted(timestamps_s, times), 1, len(timestamps_s) - 1)
    left = right - 1
    gap = timestamps_s[right] - timestamps_s[left]
    weight = (times - timestamps_s[left]) / gap
    # A frame that is hit needs no neighbour, which may be missing.
    hit = np.where(weight < 1e-6, left, np.where(weight > 1 - 1e-6, right, -1))
    left, right = np.where(hit >= 0, hit, left), np.where(hit >= 0, hit, right)
    weight = np.where(hit >= 0, 0.0, np.where(gap * rate > _LONGEST_BRIDGE_FRAMES, np.nan, weight))
    return UniformTimebase(rate, start, left, right, weight, resampled=True)


def _tidy(rate_hz: float) -> float:
    """Without the rounding error of the times: 60, not 60.00000000000013."""
    return round(rate_hz, 6)
