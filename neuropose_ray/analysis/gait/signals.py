"""How far each foot is ahead of the pelvis, on an even clock: the signals in which gait events are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.heading import STRAIGHT_ALONG_SIGHT, Directions, along_sight, foot_point, pelvis_mm
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.motion import Motion

Array = NDArray[np.float64]

#: Finer than the frames of most cameras, so that a parabola through three samples finds a moment to a millisecond.
CLOCK_HZ = 200.0
#: A shorter stretch cannot hold an event with something on both sides of it.
_SHORTEST_S = 0.3


@dataclass(frozen=True, slots=True)
class SignalSegment:
    """An unbroken part of a recording.

    Attributes:
        times_s: ``(samples,)`` at :data:`CLOCK_HZ`.
        ahead_mm: side and part of the foot, ("left", "heel"), to ``(samples,)``: how far it is ahead of the pelvis
            along the heading, smoothed.
        across_mm_per_s: the same to ``(samples, 3)``: its velocity across the line of sight of a camera in the
            origin, smoothed; empty where the joints were measured in space, and of a
            walk straight towards or away from the camera.
    """

    times_s: Array
    ahead_mm: Mapping[tuple[str, str], Array]
    across_mm_per_s: Mapping[tuple[str, str], Array]


def known_frames(motion: Motion, directions: Directions) -> NDArray[np.bool_]:
    """``(frames,)`` in which pelvis, both feet and the heading are all known."""
    needed = [pelvis_mm(motion), directions.forward]
    needed += [motion.joint(foot_point(motion, side, part)) for side in ("left", "right") for part in ("heel", "toe")]
    return np.asarray(np.isfinite(needed).all((0, 2)))


def unbroken(times_s: Array, known: NDArray[np.bool_], max_gap_s: float) -> list[NDArray[np.int64]]:
    """The known frames in groups without a gap of more than ``max_gap_s`` (or two frames, of a slow camera)."""
    frames = np.flatnonzero(known)
    if not len(frames):
        return []
    interval = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    breaks = np.diff(times_s[frames]) > max(max_gap_s, 2.5 * interval)
    return [np.asarray(group) for group in np.split(frames, np.flatnonzero(breaks) + 1)]


def foot_segments(motion: Motion, directions: Directions, settings: GaitSettings) -> list[SignalSegment]:
    """The unbroken parts of a recording that are long enough; NaN frames between them belong to none.

    Short gaps and uneven frames are bridged by a cubic spline on the true times. The low-pass is a second-order
    Butterworth run forward and back; it is left out where the frame rate already cuts lower.

    Raises:
        InputError: the skeleton has no hips or no ankles.
    """
    pelvis = pelvis_mm(motion)
    feet = {
        (side, part): motion.joint(foot_point(motion, side, part))
        for side in ("left", "right")
        for part in ("heel", "toe")
    }
    ahead = {key: ((foot - pelvis) * directions.forward).sum(1) for key, foot in feet.items()}
    known = known_frames(motion, directions)
    segments = []
    for frames in unbroken(motion.timestamps_s, known, settings.max_gap_s):
        times = motion.timestamps_s[frames]
        if times[-1] - times[0] >= _SHORTEST_S and len(frames) > 3:
            clock = np.arange(times[0], times[-1], 1 / CLOCK_HZ)
            smooth = settings.cutoff_hz < (len(times) - 1) / (times[-1] - times[0]) / 2
            signals = {
                key: _on_clock(times, series[frames], clock, settings, smooth) for key, series in ahead.items()
            }
            by_depth = motion.is_measured or along_sight(motion, frames, directions) > STRAIGHT_ALONG_SIGHT
            across = {
                key: _across_sight(times, foot[frames], clock, settings, smooth)
                for key, foot in feet.items()
                if not by_depth
            }
            segments.append(SignalSegment(clock, signals, across))
    return segments


def _across_sight(times: Array, positions: Array, clock: Array, settings: GaitSettings, smooth: bool) -> Array:
    distance = np.maximum(np.linalg.norm(positions, axis=1), 1.0)
    rays = _on_clock(times, positions / distance[:, None], clock, settings, smooth)
    return np.asarray(np.gradient(rays, axis=0) * CLOCK_HZ * np.interp(clock, times, distance)[:, None])


def _on_clock(times: Array, values: Array, clock: Array, settings: GaitSettings, smooth: bool) -> Array:
    from scipy.interpolate import CubicSpline
    from scipy.signal import butter, sosfiltfilt

    even = CubicSpline(times, values)(clock)
    if not smooth:
        return np.asarray(even)
    # Each pass has the -3 dB point, both together have it at 0.802 of that (Winter 2009, section 2.2.4.4).
    sections = butter(2, settings.cutoff_hz / 0.802, fs=CLOCK_HZ, output="sos")
    return np.asarray(sosfiltfilt(sections, even, axis=0))
