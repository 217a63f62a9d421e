"""Departures of a signal from its rest and back, found by two thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.analysis.segmentation.cycle_length import (
    KERNEL_SHARE,
    cycle_length,
    noise_after,
    noise_floor,
    smoothed,
)
from neuropose_ray.analysis.segmentation.peaks import bridged_stretches, plateau_middle


class ExcursionSettings(BaseModel):
    """What counts as one repetition. Shares are of the movement's typical range, rest to peak."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enter_share: float = Field(
        0.5, gt=0, lt=1, description="a repetition has to come this far: half squats count, a bend for a weight does "
        "not"
    )  # fmt: skip
    leave_share: float = Field(
        0.25, gt=0, lt=1, description="and go back below this before the next one begins: wavering around one "
        "threshold would count twice"
    )  # fmt: skip
    plateau_share: float = Field(
        0.05, gt=0, lt=0.5, description="of the excursion's height: frames this near to the peak are its hold, and "
        "the peak is put in their middle"
    )  # fmt: skip
    moving_share: float = Field(
        0.05, gt=0, lt=1, description="of the peak velocity: slower is standing still; the usual bound for the onset "
        "of a movement"
    )  # fmt: skip
    min_duration_s: float = Field(
        0.6, ge=0, description="of angles that nobody asked for: the knee bends for 0.5 s in every step of a walk"
    )
    settled_s: float = Field(0.3, gt=0, description="a posture kept this long is a hold, not a turning point")
    bridged_s: float = Field(0.5, ge=0, description="longer gaps end a stretch: a whole repetition could hide there")
    max_kernel_s: float = Field(
        0.15, gt=0, description="standard deviation of the smoothing, at most: leaves movements up to 1 Hz alone"
    )
    noise_multiple: float = Field(8.0, ge=0, description="least height in standard deviations of the remaining noise")


@dataclass(frozen=True, slots=True)
class Excursion:
    """Once from rest to a peak and back; all are frames of the video.

    Attributes:
        start: the last frame at rest.
        peak: the middle of the hold at the peak.
        end: the first frame at rest again; the last known one where the excursion is not complete.
        height: from rest to the peak, in the signal's unit, never negative.
        complete: whether both its start and its end are seen.
    """

    start: int
    peak: int
    end: int
    height: float
    complete: bool


@dataclass(frozen=True, slots=True)
class _Levels:
    """The signal turned so that excursions go up: its sign, its rest, and the usual height above it."""

    sign: float
    rest: float
    typical: float


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A smooth signal at even times without gaps, turned so that excursions go up, whose rest is 0."""

    signal: NDArray[np.float64]
    step_s: float
    typical: float


def find_excursions(
    values: NDArray[np.float64],
    timestamps_s: NDArray[np.float64],
    settings: ExcursionSettings,
    *,
    min_height: float,
    rest_is_low: bool = False,
) -> list[Excursion]:
    """All excursions of a signal, in order.

    Rest is the posture at the start of the signal, so that squats go up and standing up from a seat goes down in the
    flexion of the knee. Heights are judged by the upper quartile of the signal's prominent peaks, so that neither a
    single deep one nor small movements before and after set the scale.

    Args:
        values: ``(frames,)``; NaN is bridged by a line up to ``settings.bridged_s``, longer gaps split the signal.
        timestamps_s: ``(frames,)`` ascending, even or not.
        settings: thresholds.
        min_height: in the signal's unit; less is no movement.
        rest_is_low: where the signal starts in the midst of a movement, take its low side for rest; else the side
            that is nearer.

    Returns:
        Those whose peak is seen: the signal turned back or stayed.
    """
    frames = np.flatnonzero(np.isfinite(values))
    if len(frames) < 3:
        return []
    step = float(np.median(np.diff(timestamps_s)))
    grid = np.arange(timestamps_s[frames[0]], timestamps_s[frames[-1]] + step / 2, step)
    even = np.interp(grid, timestamps_s[frames], values[frames])
    kernel = min(KERNEL_SHARE * cycle_length(even), settings.max_kernel_s / step)
    least = max(min_height, settings.noise_multiple * noise_after(noise_floor(values[frames]), kernel))
    levels = _levels(smoothed(even, kernel), least, round(settings.settled_s / step), settings, rest_is_low)
    if levels is None:
        return []
    # Gaps go into the even signal as NaN, and out again at the stretches.
    before = np.searchsorted(timestamps_s[frames], grid, "right") - 1
    gap = np.diff(timestamps_s[frames], append=np.inf)[before] > max(settings.bridged_s, 1.5 * step)
    even[gap & (grid > timestamps_s[frames][before] + step / 2)] = np.nan
    excursions_at_frames = []
    for first, stretch in bridged_stretches(even, 0):
        oriented = levels.sign * smoothed(stretch, kernel) - levels.rest
        times = grid[first : first + len(stretch)]
        if len(stretch) > 1:
            excursions = _in_stretch(_Stretch(oriented, step, levels.typical), settings)
            excursions_at_frames += [_at_frames(excursion, times, timestamps_s) for excursion in excursions]
    return [
        excursion
        for excursion in excursions_at_frames
        if excursion.height >= least
        and timestamps_s[excursion.end] - timestamps_s[excursion.start] >= settings.min_duration_s
    ]


def _levels(
    smooth: NDArray[np.float64], least: float, settled: int, settings: ExcursionSettings, rest_is_low: bool
) -> _Levels | None:
    """None where nothing is high enough."""
    from scipy.signal import find_peaks

    low, high = float(smooth.min()), float(smooth.max())
    if high - low <= max(least, 1e-9):
        return None
    starts_high, ends_high = (value > low + (1 - settings.leave_share) * (high - low) for value in smooth[[0, -1]])
    settled_at_start = np.ptp(smooth[: settled + 1]) <= settings.plateau_share * (high - low)
    sign = -1.0 if starts_high and (ends_high or settled_at_start or not rest_is_low) else 1.0
    oriented = sign * smooth
    rest = float(np.percentile(oriented, 5))
    top = float(oriented.max()) - rest
    # A hold that lasts to an end of the signal is a peak as well.
    padded = np.pad(oriented, 1, constant_values=oriented.min())
    peaks = find_peaks(padded, prominence=settings.leave_share * top)[0] - 1
    return _Levels(sign, rest, float(np.percentile(oriented[peaks] - rest, 75)))


def _in_stretch(stretch: _Stretch, settings: ExcursionSettings) -> list[Excursion]:
    """Excursions of a stretch, in its own frames, begun by one threshold and ended by the other."""
    high = np.flatnonzero(stretch.signal >= settings.enter_share * stretch.typical)
    if not len(high):
        return []
    low = stretch.signal <= settings.leave_share * stretch.typical
    groups = np.split(high, 1 + np.flatnonzero(np.diff(np.cumsum(low)[high]) > 0))
    previous_ends = [0, *(int(group[-1]) for group in groups[:-1])]
    next_starts = [*(int(group[0]) for group in groups[1:]), len(stretch.signal) - 1]
    excursions = [
        _excursion(stretch, low, before, group, after, settings)
        for before, group, after in zip(previous_ends, groups, next_starts, strict=True)
    ]
    return [excursion for excursion in excursions if excursion is not None]


def _excursion(
    stretch: _Stretch, low: NDArray[np.bool_], before: int, group: NDArray[np.int64], after: int,
    settings: ExcursionSettings,
) -> Excursion | None:  # fmt: skip
    """The one that is high in the frames of ``group``, between its neighbours; None where its peak is not seen."""
    signal, velocity = stretch.signal, np.gradient(stretch.signal, stretch.step_s)
    start, started = _rest_before(velocity, low, before, int(group[0]), settings.moving_share)
    # The end is a start in the mirror.
    last = len(signal) - 1
    mirrored, ended = _rest_before(
        -velocity[::-1], low[::-1], last - after, last - int(group[-1]), settings.moving_share
    )
    end = last - mirrored
    top = int(group[signal[group].argmax()])
    near = settings.plateau_share * stretch.typical
    stayed = np.ptp(signal[max(end - round(settings.settled_s / stretch.step_s), 0) : end + 1]) <= near
    if not started and signal[top] - signal[start] < 2 * near:
        return None
    if not ended and not stayed and signal[top] - signal[end] < 2 * near:
        return None
    rests = [signal[index] for index, is_seen in ((start, started), (end, ended)) if is_seen]
    height = float(signal[top] - (np.mean(rests) if rests else 0.0))
    peak = start + plateau_middle(signal[start : end + 1], top - start, settings.plateau_share * height)
    return Excursion(start, peak, end, height, started and ended)


def _rest_before(
    velocity: NDArray[np.float64], low: NDArray[np.bool_], before: int, high: int, moving_share: float
) -> tuple[int, bool]:
    """The last frame at rest before an excursion that is high from ``high`` on, and whether it is seen."""
    below = np.flatnonzero(low[before:high])
    if not len(below):
        return before, False
    crossing = before + int(below[-1])
    moving = moving_share * float(velocity[crossing : high + 1].max())
    still = np.flatnonzero(velocity[before : crossing + 1] <= moving)
    return before + (int(still[-1]) if len(still) else 0), True


def _at_frames(excursion: Excursion, grid: NDArray[np.float64], timestamps_s: NDArray[np.float64]) -> Excursion:
    """From places in an even grid to the nearest frames."""
    places = grid[[excursion.start, excursion.peak, excursion.end]]
    after = np.clip(np.searchsorted(timestamps_s, places), 1, len(timestamps_s) - 1)
    nearer = after - (places - timestamps_s[after - 1] < timestamps_s[after] - places)
    start, peak, end = (int(frame) for frame in nearer)
    return Excursion(start, peak, end, excursion.height, excursion.complete)
