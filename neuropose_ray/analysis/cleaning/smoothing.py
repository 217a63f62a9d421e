"""Noise filters: positions in, positions of the same shape out; what is missing stays missing."""

from __future__ import annotations

import numpy as np

from neuropose_ray.analysis.cleaning.samples import Floats, filter_runs, known_samples, sliding_medians
from neuropose_ray.analysis.cleaning.settings import (
    USUAL_CUTOFF_HZ,
    ButterworthSettings,
    MedianSettings,
    OneEuroSettings,
    SavitzkyGolaySettings,
)
from neuropose_ray.errors import SettingsError


def low_pass(positions: Floats, frame_rate_hz: float, settings: ButterworthSettings) -> Floats:
    """Zero-lag low-pass Butterworth filter of every unbroken run.

    A section of half the order runs forwards and backwards over each run (extended at its ends by point reflection).
    Two passes multiply their gains: for sections of order n with cut-off f1 the power gain is
    ``(1 + (f / f1)^(2 n))^-2``, which is 1/2 at ``f1 (sqrt(2) - 1)^(1 / (2 n))``. The sections are therefore
    designed for a cut-off higher by the inverse of that factor, 1/0.802 for order 4 (Winter 2009, Biomechanics and
    Motor Control of Human Movement, chapter 3), applied to the frequency as the bilinear transform warps it,
    tan(pi f / rate) (Robertson and Dowling 2003, J Electromyogr Kinesiol 13:569): it holds at any frame rate.

    Args:
        positions: ``(frames, joints, 3)`` mm, even in time. NaN parts the runs and stays NaN; runs shorter than
            :func:`shortest_filtered_run` are returned as they are.
        frame_rate_hz: of the positions.
        settings: cut-off and order of the whole filter.

    Raises:
        SettingsError: the cut-off is not below half the frame rate.
    """
    from scipy.signal import butter, sosfiltfilt

    cutoff_hz = settings.cutoff_hz or USUAL_CUTOFF_HZ
    if not passable(cutoff_hz, frame_rate_hz):
        raise SettingsError(
            f"a cut-off of {cutoff_hz:g} Hz is impossible at {frame_rate_hz:.4g} frames per second",
            where="low-pass filter",
            hint=f"give one below {frame_rate_hz / 2:.4g} Hz, or leave the filter out",
        )
    section_order = settings.order // 2
    warped = np.tan(np.pi * cutoff_hz / frame_rate_hz) / (np.sqrt(2) - 1) ** (1 / (2 * section_order))
    sections = butter(section_order, 2 / np.pi * np.arctan(warped), output="sos")
    shortest = shortest_filtered_run(settings)
    # Two periods of the cut-off let the transient of the extension die out before the run itself begins.
    extension = max(shortest - 1, int(np.ceil(2 * frame_rate_hz / cutoff_hz)))

    def both_ways(run: Floats) -> Floats:
        return np.asarray(sosfiltfilt(sections, run, axis=0, padlen=min(extension, len(run) - 1)))

    return filter_runs(positions, shortest, both_ways)


def passable(cutoff_hz: float, frame_rate_hz: float) -> bool:
    """Whether a filter with this cut-off exists at this frame rate (Nyquist)."""
    return cutoff_hz < frame_rate_hz / 2


def shortest_filtered_run(settings: ButterworthSettings) -> int:
    """Frames of the shortest run that is filtered: more than three times the section's taps, SciPy's default."""
    return 3 * (settings.order // 2 + 1) + 1


def one_euro(timestamps_s: Floats, positions: Floats, settings: OneEuroSettings) -> Floats:
    """One-Euro filter: a causal low-pass whose cut-off rises with speed.

    Casiez, Roussel and Vogel 2012, CHI '12:2527. The speed is that of the point in space, so that the result does not
    depend on the direction of the axes. It lags behind the movement.

    Args:
        timestamps_s: ``(frames,)`` ascending, even or not.
        positions: ``(frames, joints, 3)`` mm. A missing sample stays NaN, and the filter starts anew after it.
        settings: cut-offs.
    """
    smoothed = np.full(positions.shape, np.nan)
    known = known_samples(positions)
    value, speed = np.full(positions.shape[1:], np.nan), np.zeros(positions.shape[1:])
    for frame, sample in enumerate(positions):
        going_on = (known[frame] & np.isfinite(value).all(-1))[:, None]
        elapsed = timestamps_s[frame] - timestamps_s[frame - 1] if frame else 1.0
        sample_speed = np.where(going_on, (sample - value) / elapsed, 0)
        speed = np.where(going_on, speed + _gain(settings.speed_cutoff_hz, elapsed) * (sample_speed - speed), 0)
        fast = np.linalg.norm(speed, axis=-1, keepdims=True)
        gain = _gain(settings.min_cutoff_hz + settings.speed_coefficient_hz_per_mm_s * fast, elapsed)
        value = np.where(going_on, value + gain * (sample - value), sample)
        value[~known[frame]] = np.nan
        smoothed[frame] = value
    return smoothed


def _gain(cutoff_hz: float | Floats, elapsed_s: float) -> float | Floats:
    """The share of the new sample in a first-order low-pass filter."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff_hz * elapsed_s))


def savitzky_golay(positions: Floats, settings: SavitzkyGolaySettings) -> Floats:
    """Least-squares polynomial through the window around each sample (Savitzky and Golay 1964, Anal Chem 36:1627).

    Args:
        positions: ``(frames, joints, 3)`` mm, even in time. NaN parts the runs and stays NaN; runs shorter than the
            window are returned as they are; at the ends of a run the last whole window's polynomial is taken.
        settings: window and order.
    """
    from scipy.signal import savgol_filter

    def fitted(run: Floats) -> Floats:
        return np.asarray(savgol_filter(run, settings.window, settings.polynomial_order, axis=0, mode="interp"))

    return filter_runs(positions, settings.window, fitted)


def running_median(positions: Floats, settings: MedianSettings) -> Floats:
    """Median of the window around each sample, coordinate by coordinate.

    Args:
        positions: ``(frames, joints, 3)`` mm, about even in time. NaN is left out of the windows and stays NaN;
            windows are cut off at the ends.
        settings: the window.
    """
    smoothed = np.full(positions.shape, np.nan)
    near = np.ones((len(positions), settings.window), bool)
    for joint in range(positions.shape[1]):
        smoothed[:, joint] = sliding_medians(positions[:, joint], near)[0]
    return np.where(known_samples(positions)[..., None], smoothed, np.nan)
