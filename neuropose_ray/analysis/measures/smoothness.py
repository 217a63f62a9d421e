"""How smooth a movement is: SPARC and the log dimensionless jerk, of a speed profile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class SparcSettings(BaseModel):
    """The parameters of SPARC; the values are those of its authors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    padding: int = Field(
        4, ge=0, description="the spectrum is sampled 2 to this power finer than the profile is long"
    )
    cut_off_hz: float = Field(10.0, gt=0, description="people do not move faster; above is noise")
    amplitude: float = Field(0.05, gt=0, lt=1, description="share of the spectrum's maximum that still counts")


def sparc(speed: NDArray[np.floating], rate_hz: float, settings: SparcSettings | None = None) -> float:
    """Spectral arc length of a speed profile: negative, the nearer to 0 the smoother.

    Balasubramanian, Melendez-Calderon, Roby-Brami and Burdet, "On the analysis of movement smoothness", Journal of
    NeuroEngineering and Rehabilitation 12:112, 2015: minus the length of the curve of the Fourier magnitude,
    normalised to its maximum, over the frequencies normalised to 0..1, up to the last one below the cut-off
    whose magnitude still counts. It does not depend on the amplitude, hardly on the duration, and little on
    noise. A minimum-jerk movement has -1.40.

    Args:
        speed: ``(samples,)`` at even times, of one movement from rest to rest, positive in its direction.
        rate_hz: samples per second.
        settings: its parameters.

    Returns:
        NaN where a sample is missing, nothing moves, there are fewer than 3 samples, or fewer than 2 a second.
    """
    settings = settings or SparcSettings()
    profile = np.asarray(speed, np.float64)
    if len(profile) < 3 or not np.isfinite(profile).all() or not profile.any() or rate_hz < 2:
        return float("nan")
    samples = 2 ** (int(np.ceil(np.log2(len(profile)))) + settings.padding)
    frequencies = np.fft.rfftfreq(samples, 1 / rate_hz)
    magnitude = np.abs(np.fft.rfft(profile, samples))
    magnitude /= magnitude.max()
    below = frequencies <= settings.cut_off_hz
    last = int(np.flatnonzero(below & (magnitude >= settings.amplitude))[-1])
    steps = np.diff(frequencies[: last + 1]) / frequencies[last] if last else np.zeros(0)
    return -float(np.hypot(steps, np.diff(magnitude[: last + 1])).sum())


def log_dimensionless_jerk(speed: NDArray[np.floating], rate_hz: float) -> float:
    """Log dimensionless jerk of a speed profile (LDLJ): negative, the nearer to 0 the smoother.

    ``-ln(T^3 / v_peak^2 * integral of (d2v/dt2)^2 dt)``: Hogan and Sternad, "Sensitivity of smoothness measures to
    movement duration, amplitude, and arrests", Journal of Motor Behavior 41(6), 2009, as the logarithm of
    Balasubramanian, Melendez-Calderon and Burdet, "A robust and sensitive metric for quantifying movement
    smoothness", IEEE TBME 59(8), 2012. A minimum-jerk movement has -ln(204.8) = -5.32. It depends neither
    on amplitude nor on duration, but much on noise: the profile must have been low-pass filtered, and numbers compare
    only between movements that were filtered alike.

    Args:
        speed: ``(samples,)`` at even times, of one movement from rest to rest, positive in its direction.
        rate_hz: samples per second.

    Returns:
        NaN where a sample is missing, nothing moves, there are fewer than 5 samples, or the speed never changes.
    """
    profile = np.asarray(speed, np.float64)
    if len(profile) < 5 or not np.isfinite(profile).all():
        return float("nan")
    step = 1 / rate_hz
    peak = float(np.abs(profile).max())
    jerk = np.gradient(np.gradient(profile, step, edge_order=2), step, edge_order=2)
    duration = (len(profile) - 1) * step
    dimensionless = np.trapezoid(jerk**2, dx=step) * duration**3 / peak**2 if peak > 0 else 0.0
    return -float(np.log(dimensionless)) if dimensionless > 0 else float("nan")
