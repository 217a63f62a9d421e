"""How long a signal's cycle is, how noisy it is, and smoothing that follows from both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Standard deviation of the smoothing kernel as a share of a cycle. It halves the power at twice the cycle's
#: frequency, which leaves 92 % of a sine of that length and 38 % of the noise on one of 30 frames.
KERNEL_SHARE = 1 / 15
#: A repeating signal resembles itself this much one cycle later; less is no repetition to go by.
MIN_AUTOCORRELATION = 0.3
#: A multiple of the cycle resembles the signal as much as the cycle does: the first that comes this near is taken. At
#: 0.85, noise of half a sine's amplitude made a multiple of 1 cycle in 800; at 0.8 of none in 8,300.
FIRST_OF_EQUALS = 0.8

#: Frames; a shorter signal has too few frequencies for a median of their power.
SHORTEST_SPECTRUM = 24


def cycle_length(signal: NDArray[np.float64], shortest: float = 2.0) -> float:
    """Frames from one cycle to the next.

    The lag of the autocorrelation's first high maximum; where there is none, as with a single repetition, four
    times the lag at which it first vanishes, which is the same for a sine. White noise gives a few frames.

    Args:
        signal: ``(frames,)`` without NaN.
        shortest: lags below it are not looked at, frames.
    """
    correlation = autocorrelation(signal)
    lags = np.arange(len(correlation))
    inner = correlation[1:-1]
    vanished = np.flatnonzero(correlation <= 0)
    if not len(vanished):
        return float(max(len(signal), shortest))
    maxima = 1 + np.flatnonzero((inner >= correlation[:-2]) & (inner > correlation[2:]))
    # With fewer than two cycles in view, what comes back is chance.
    maxima = maxima[(maxima > vanished[0]) & (maxima >= shortest) & (maxima <= len(signal) / 2)]
    strong = maxima[correlation[maxima] >= MIN_AUTOCORRELATION]
    if len(strong):
        return float(strong[correlation[strong] >= FIRST_OF_EQUALS * correlation[strong].max()][0])
    return float(max(4 * lags[vanished[0]], shortest))


def autocorrelation(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(frames,)`` per lag: the signal without its linear trend against itself, 1 at lag 0.

    Every lag is divided by the number of pairs that it has. A signal without variation gives zeros.
    """
    from scipy.signal import detrend

    frames = len(signal)
    centred = detrend(signal) if frames > 1 else np.zeros(frames)
    if frames < 2 or np.ptp(centred) <= 1e-9 * max(1.0, float(np.abs(signal).max())):
        return np.zeros(frames)
    spectrum = np.fft.rfft(centred, 2 * frames)
    sums = np.fft.irfft(spectrum * spectrum.conj())[:frames]
    return np.asarray(sums / np.arange(frames, 0, -1) * frames / sums[0])


def noise_level(signal: NDArray[np.float64]) -> float:
    """The standard deviation of noise that differs from frame to frame, in the signal's unit.

    The median absolute second difference: a movement changes slowly against the frames, so that little of it is
    left there; a third of the frames may be outliers.
    """
    if len(signal) < 3:
        return 0.0
    # The second difference of white noise has 1 + 4 + 1 times its variance.
    return float(1.4826 * np.median(np.abs(np.diff(signal, 2))) / np.sqrt(6))


def noise_floor(signal: NDArray[np.float64]) -> float:
    """The standard deviation of noise, of slow and of fast movement alike, in the signal's unit.

    A movement of a few frames a cycle changes so much from frame to frame that :func:`noise_level` takes it for
    noise. It fills few frequencies of the spectrum though, even where its pace wavers, while white noise fills all
    alike: the median power is noise. The lower of the two, since the median is too high where a signal has steps.
    """
    from scipy.signal import detrend

    by_differences = noise_level(signal)
    if len(signal) < SHORTEST_SPECTRUM:
        return by_differences
    window = np.hanning(len(signal) + 2)[1:-1]
    power = np.abs(np.fft.rfft(detrend(signal) * window)[2:-1]) ** 2
    # The power of noise is distributed exponentially, whose median is ln 2 times its mean.
    return min(by_differences, float(np.sqrt(np.median(power) / np.log(2) / (window @ window))))


def smoothed(signal: NDArray[np.float64], kernel: float) -> NDArray[np.float64]:
    """The signal under a Gaussian of that standard deviation in frames, ends held; without delay.

    A Gaussian, since it makes no extremum where there was none: a Butterworth filter overshoots at the corners of
    plateaus, and an overshoot would be found as a peak or valley. Below 0.3 frames nothing is done.
    """
    from scipy.ndimage import gaussian_filter1d

    if kernel < 0.3:
        return signal.copy()
    return np.asarray(gaussian_filter1d(signal, kernel, mode="nearest"))


def noise_after(noise: float, kernel: float) -> float:
    """What :func:`smoothed` leaves of white noise of that standard deviation."""
    return noise if kernel < 0.3 else noise * min(1.0, (4 * np.pi) ** -0.25 / np.sqrt(kernel))
