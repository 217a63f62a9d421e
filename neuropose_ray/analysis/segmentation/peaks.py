"""Cutting a signal into windows from valley to valley, each around one peak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.analysis.segmentation.cycle_length import (
    KERNEL_SHARE,
    cycle_length,
    noise_after,
    noise_floor,
    noise_level,
    smoothed,
)
from neuropose_ray.errors import SignalError
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.segmentation import DEFAULT_METHOD, Segment, SegmentationMethod

#: How each rule but NeuroPose's own estimates the noise.
_NOISE: Mapping[str, Callable[[NDArray[np.float64]], float]] = ReadOnlyMapping(
    {"prominent_valleys_v2": noise_level, "prominent_valleys_v3": noise_floor}
)


class PeakSettings(BaseModel):
    """What counts as a peak or valley where the caller gives no bound of his own (not ``valley_to_valley_v1``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    range_share: float = Field(
        0.25, gt=0, lt=1, description="least prominence, a share of the signal's 5th to 95th percentile: a second "
        "bump within a cycle is usually smaller"
    )  # fmt: skip
    noise_multiple: float = Field(
        8.0, ge=0, description="least prominence in standard deviations of what smoothing leaves of the noise: the "
        "span of some hundred noisy frames is six"
    )  # fmt: skip
    plateau_share: float = Field(
        0.02, ge=0, lt=0.5, description="frames this near to an extremum, a share of the window's depth, are one "
        "plateau, and the extremum is put in its middle"
    )  # fmt: skip
    bridged_share: float = Field(
        0.25, ge=0, description="gaps up to this share of a cycle are bridged by a line, longer ones end a stretch"
    )


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a peak needs, in frames and in the signal's unit; None where it is not asked for."""

    distance: float | None
    prominence: float | None
    height: float | None


def segment_by_peaks(
    signal: NDArray[np.floating],
    *,
    min_distance: float | None = None,
    min_prominence: float | None = None,
    min_height: float | None = None,
    pad: int = 0,
    method: SegmentationMethod = DEFAULT_METHOD,
    settings: PeakSettings | None = None,
) -> list[Segment]:
    """One window per peak, from the valley before it to the valley after it, which neighbours share.

    ``prominent_valleys_v3`` smooths the signal by a Gaussian whose width follows the length of its cycle, takes the
    prominent peaks, and cuts between two of them at the deepest frame; before the first and after the last peak at
    the nearest valley as prominent as the peaks must be, else at the end. The middle of a plateau is taken.
    All bounds hold for the smoothed signal. NaN: short gaps are bridged by a line, longer ones split the signal into
    stretches that are cut each on its own, see ``settings.bridged_share``.

    ``prominent_valleys_v2`` is the same, but takes movements of fewer than 8 frames a cycle for noise.

    ``valley_to_valley_v1`` is NeuroPose's rule: any local minimum is a valley, so noise of a few per cent cuts
    windows short. NaN is passed on to SciPy, which finds no extremum beside one.

    Args:
        signal: ``(frames,)``.
        min_distance: least frames between peaks; below 1 it is not used.
        min_prominence: least prominence in the signal's unit; None for the one that follows from range and noise
            (v2 and v3), or for any (v1).
        min_height: least height of a peak in the signal's unit.
        pad: frames by which every window is widened on both sides, within the signal.
        method: the rule.
        settings: of v2 and v3.

    Returns:
        The windows in order; empty where there is no peak.

    Raises:
        SignalError: (a ValueError) the signal is not one-dimensional, ``pad`` is negative, or the method is unknown.
    """
    values: NDArray[np.float64] = np.asarray(signal, np.float64)
    if values.ndim != 1:
        raise SignalError(f"the signal has shape {values.shape}", hint="a 1D signal (frames,) is needed")
    if pad < 0:
        raise SignalError(f"pad is {pad}", hint="it must not be negative")
    distance = min_distance if min_distance is not None and min_distance >= 1 else None
    bounds = _Bounds(distance, min_prominence, min_height)
    if method == "valley_to_valley_v1":
        windows = _valley_to_valley(values, bounds)
    elif method in _NOISE:
        windows = _prominent_valleys(values, bounds, settings or PeakSettings(), _NOISE[method])
    else:
        raise SignalError(f"unknown method {method!r}", hint=f"valley_to_valley_v1, {', '.join(_NOISE)}")
    return [
        Segment(start=max(0, start - pad), peak=peak, end=min(len(values), end + pad)) for start, peak, end in windows
    ]


def bridged_stretches(signal: NDArray[np.float64], longest: float) -> list[tuple[int, NDArray[np.float64]]]:
    """Stretches of a signal as (first frame, values), gaps up to ``longest`` frames bridged by a line.

    They start and end with a known number; there are none where nothing is known.
    """
    known = np.flatnonzero(np.isfinite(signal))
    if not len(known):
        return []
    parts = np.split(known, 1 + np.flatnonzero(np.diff(known) - 1 > longest))
    frames = [np.arange(part[0], part[-1] + 1) for part in parts]
    return [(int(part[0]), np.interp(span, part, signal[part])) for part, span in zip(parts, frames, strict=True)]


def plateau_middle(signal: NDArray[np.float64], frame: int, tolerance: float) -> int:
    """The middle of the frames around ``frame`` that are all as near to its value as ``tolerance``."""
    far = np.flatnonzero(np.abs(signal - signal[frame]) > tolerance)
    before, after = far[far < frame], far[far > frame]
    first = before[-1] + 1 if len(before) else 0
    last = after[0] - 1 if len(after) else len(signal) - 1
    # A plateau that runs into an end of the signal has no known middle.
    return round((int(first) + int(last)) / 2) if len(before) and len(after) else frame


def _valley_to_valley(signal: NDArray[np.float64], bounds: _Bounds) -> list[tuple[int, int, int]]:
    from scipy.signal import find_peaks

    peaks = find_peaks(signal, distance=bounds.distance, prominence=bounds.prominence, height=bounds.height)[0]
    valleys = find_peaks(-signal)[0]
    windows = []
    for peak in peaks.tolist():
        left, right = valleys[valleys < peak], valleys[valleys > peak]
        windows.append((int(left[-1]) if len(left) else 0, peak, int(right[0]) + 1 if len(right) else len(signal)))
    return windows


def _prominent_valleys(
    signal: NDArray[np.float64],
    bounds: _Bounds,
    settings: PeakSettings,
    noise_of: Callable[[NDArray[np.float64]], float],
) -> list[tuple[int, int, int]]:
    stretches = bridged_stretches(signal, len(signal))
    if not stretches:
        return []
    cycle = cycle_length(stretches[0][1], bounds.distance or 2.0)
    kernel = KERNEL_SHARE * cycle
    least = bounds.prominence
    if least is None:
        spread = float(np.subtract(*np.percentile(stretches[0][1], [95, 5])))
        noise = noise_after(noise_of(signal[np.isfinite(signal)]), kernel)
        least = max(settings.range_share * spread, settings.noise_multiple * noise)
    windows: list[tuple[int, int, int]] = []
    for first, stretch in bridged_stretches(signal, settings.bridged_share * cycle):
        valleys = _windows(smoothed(stretch, kernel), bounds, least, settings.plateau_share)
        windows += [(first + start, first + peak, first + end) for start, peak, end in valleys]
    return windows


def _windows(
    smooth: NDArray[np.float64], bounds: _Bounds, least: float, plateau_share: float
) -> list[tuple[int, int, int]]:
    """Windows of one stretch, with peaks and valleys of at least that prominence."""
    from scipy.signal import find_peaks

    peaks = find_peaks(smooth, distance=bounds.distance, prominence=max(least, 1e-9), height=bounds.height)[0]
    if not len(peaks):
        return []
    outer = find_peaks(-smooth, prominence=max(least, 1e-9))[0]
    before, after = outer[outer < peaks[0]], outer[outer > peaks[-1]]
    cuts = [int(before[-1]) if len(before) else 0]
    cuts += [left + int(smooth[left:right].argmin()) for left, right in pairwise(peaks.tolist())]
    cuts += [int(after[0]) if len(after) else len(smooth) - 1]
    depth = plateau_share * float(np.ptp(smooth))
    cuts = [plateau_middle(smooth, cut, depth) if 0 < cut < len(smooth) - 1 else cut for cut in cuts]
    middles = [plateau_middle(smooth, int(peak), depth) for peak in peaks]
    return [
        (start, min(max(peak, start), end), end + 1)
        for start, peak, end in zip(cuts[:-1], middles, cuts[1:], strict=True)
    ]
