"""What is measured of the body as a whole: path, speed and height of its centre of mass, energies, smoothness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.angles.extremes import held_values
from neuropose_ray.analysis.body.energy import BodyMotion, body_motion
from neuropose_ray.analysis.body.segments import body_segments
from neuropose_ray.analysis.body.settings import GRAVITY, BodySettings
from neuropose_ray.analysis.derivatives import known_stretches
from neuropose_ray.analysis.gait.heading import levelled_up
from neuropose_ray.analysis.measures.smoothness import log_dimensionless_jerk, sparc
from neuropose_ray.analysis.measures.summary import symmetry_index
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.immutable import ReadOnlyMapping

Array = NDArray[np.float64]

#: Every measure's name, with its unit, and what it is.
BODY_MEASURES: Mapping[str, str] = ReadOnlyMapping(
    {
        "centre_path_length_m": "the way of the centre of mass",
        "centre_mean_speed_m_per_s": "that way over its time",
        "centre_peak_speed_m_per_s": "greatest speed of the centre of mass that is held for a twentieth of a second",
        "centre_height_range_m": "between its lowest and its highest place",
        "potential_energy_range_j_per_kg": "gravity (9.81 m/s2) times that",
        "kinetic_energy_mean_j_per_kg": "of all segments, moving and turning, over the body's mass",
        "kinetic_energy_peak_j_per_kg": "its greatest value that is held for a twentieth of a second",
        "rotational_energy_peak_j_per_kg": "the same of the turning alone",
        "sparc": "spectral arc length of the centre's speed (Balasubramanian et al. 2015): nearer to 0 is smoother",
        "ldlj": "log dimensionless jerk of the centre's speed (Hogan and Sternad 2009): nearer to 0 is smoother",
        "arm_symmetry_percent": "symmetry index (Robinson et al. 1987) of the wrists' ways around the shoulders",
        "leg_symmetry_percent": "the same of the ankles' ways around the hips",
    }
)
#: Share of the frames from which on ways and extremes are those of the whole movement.
MIN_COVERAGE = 0.8
#: Of the pitch of a camera: 15 degrees. More is the path of feet that jump, or of a track that goes astray.
_LEAST_COSINE = 0.966
#: Of the greatest speed: what is slower at either end does not count for smoothness.
_MOVING = 0.05
_ENDS = {"arm_symmetry_percent": ("wrist", "shoulder"), "leg_symmetry_percent": ("ankle", "hip")}


@dataclass(frozen=True, slots=True)
class BodyOverTime:
    """A body over time, NaN where a joint is missing.

    Attributes:
        motion: of its masses.
        up: ``(3,)`` away from the floor.
        stand_ins: what was put in the place of joints that the skeleton lacks.
    """

    motion: BodyMotion
    up: Array
    stand_ins: tuple[str, ...]

    @property
    def speed_m_per_s(self) -> Array:
        """``(frames,)`` of the centre of mass."""
        return np.asarray(np.linalg.norm(self.motion.velocity_m_per_s, axis=1))

    @property
    def height_m(self) -> Array:
        """``(frames,)`` of the centre of mass over its lowest place."""
        height = self.motion.centre_m @ self.up
        known = height[np.isfinite(height)]
        return np.asarray(height - known.min()) if len(known) else np.asarray(height)

    @property
    def potential_j_per_kg(self) -> Array:
        """``(frames,)`` potential energy over the lowest place of the centre of mass."""
        return GRAVITY * self.height_m


def body_over_time(motion: Motion, settings: BodySettings | None = None) -> BodyOverTime:
    """The centre of mass and the energies of a body, frame by frame.

    Args:
        motion: one person, cleaned.
        settings: None for the defaults.

    Raises:
        InputError: the skeleton lacks a large joint, see :func:`.segments.missing_joints`.
    """
    settings = settings or BodySettings()
    segments = body_segments(motion, settings.masses)
    return BodyOverTime(body_motion(segments, motion.timestamps_s), _up(motion, settings), segments.stand_ins)


def _up(motion: Motion, settings: BodySettings) -> Array:
    """Away from the floor by the path of the feet, or as given where that would be a camera that nobody holds."""
    given = np.array(settings.up) / np.linalg.norm(np.array(settings.up))
    levelled = levelled_up(motion, settings.up)
    return levelled if levelled @ given >= _LEAST_COSINE else given


def measure_body(motion: Motion, body: BodyOverTime, usable: NDArray[np.bool_]) -> dict[str, float]:
    """The numbers of :data:`BODY_MEASURES`, NaN where they are not known, and all where many frames are missing.

    Ways are added up over frames that follow each other; what lies in a gap is not added.

    Args:
        motion: from which the body was made.
        body: over time.
        usable: ``(frames,)`` those to take.
    """
    times = motion.timestamps_s
    known = usable & np.isfinite(body.motion.centre_m).all(1)
    if not known.any() or known.sum() < MIN_COVERAGE * usable.sum():
        return dict.fromkeys(BODY_MEASURES, float("nan"))
    speed, height = _only(body.speed_m_per_s, usable), _only(body.height_m, usable)
    kinetic = _only(body.motion.kinetic_j_per_kg, usable)
    turning = _only(body.motion.rotational_j_per_kg, usable)
    way_m, time_s = _way(_only(body.motion.centre_m, usable), times)
    smoothness = _smoothness(speed, times)
    return {
        "centre_path_length_m": way_m,
        "centre_mean_speed_m_per_s": way_m / time_s if time_s > 0 else float("nan"),
        "centre_peak_speed_m_per_s": _greatest(held_values(speed, times)),
        "centre_height_range_m": _greatest(height) + _greatest(-height),
        "potential_energy_range_j_per_kg": GRAVITY * (_greatest(height) + _greatest(-height)),
        "kinetic_energy_mean_j_per_kg": _mean(kinetic),
        "kinetic_energy_peak_j_per_kg": _greatest(held_values(kinetic, times)),
        "rotational_energy_peak_j_per_kg": _greatest(held_values(turning, times)),
        "sparc": smoothness[0],
        "ldlj": smoothness[1],
        **{name: _symmetry(motion, *ends, usable) for name, ends in _ENDS.items()},
    }


def _only(values: Array, usable: NDArray[np.bool_]) -> Array:
    return np.where(usable.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan)


def _way(positions: Array, times: Array) -> tuple[float, float]:
    """Length and duration of the steps between frames that are both known."""
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    known = np.isfinite(steps)
    if not known.any():
        return float("nan"), float("nan")
    return float(steps[known].sum()), float(np.diff(times)[known].sum())


def _smoothness(speed: Array, times: Array) -> tuple[float, float]:
    """SPARC and LDLJ of the longest unbroken stretch, from where it begins to move to where it stops."""
    stretches = known_stretches(speed)
    if not stretches:
        return float("nan"), float("nan")
    start, end = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    moving = start + np.flatnonzero(speed[start:end] >= _MOVING * speed[start:end].max())
    start, end = int(moving[0]), int(moving[-1]) + 1
    if end - start < 2:
        return float("nan"), float("nan")
    even = np.linspace(times[start], times[end - 1], end - start)
    rate_hz = (len(even) - 1) / (even[-1] - even[0])
    profile = np.interp(even, times[start:end], speed[start:end])
    return sparc(profile, rate_hz), log_dimensionless_jerk(profile, rate_hz)


def _symmetry(motion: Motion, end: str, root: str, usable: NDArray[np.bool_]) -> float:
    """How much longer the way of the right limb's end is than the left one's, around the limb's root.

    Over frames in which both are known; NaN where these are few.
    """
    limbs = [motion.joint(f"{side}_{end}") - motion.joint(f"{side}_{root}") for side in ("right", "left")]
    known = usable & np.isfinite(limbs).all((0, 2))
    if not known.any() or known.sum() < MIN_COVERAGE * usable.sum():
        return float("nan")
    return symmetry_index(*(_way(_only(limb, known), motion.timestamps_s)[0] for limb in limbs))


def _greatest(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else float("nan")


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
