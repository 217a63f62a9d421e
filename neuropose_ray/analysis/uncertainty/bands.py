"""Error bands for everything that a movement analysis measures."""

from __future__ import annotations

from collections.abc import Mapping

from neuropose_ray.analysis.gait.records import GaitParameter, GaitSymmetry
from neuropose_ray.analysis.uncertainty.conditions import Conditions
from neuropose_ray.analysis.uncertainty.error_table import band_of, error_table
from neuropose_ray.analysis.uncertainty.records import ErrorBand

#: Which numbers of an angle, and of a repetition, have a band; units of an angle's numbers that are not degrees.
ANGLE_BANDS = ("mean", "min", "max", "range", "peak_velocity", "peak_acceleration")
ANGLE_UNITS = {"peak_velocity": "deg/s", "peak_acceleration": "deg/s2", "coverage": ""}
REPETITION_BANDS = (
    "duration_s", "out_s", "hold_s", "back_s", "range_of_motion", "peak_velocity_out", "peak_velocity_back",
    "symmetry_percent",
)  # fmt: skip
#: Angles of the feet, and what may be wrong of the range of any other.
_FEET = ("ankle_dorsiflexion", "foot_angle")
_TOO_WIDE_DEG = 45.0
#: The unit is the end of a gait parameter's name; the longer ending first.
_GAIT_UNITS = {"_steps_per_min": "steps/min", "_m_per_s": "m/s", "_percent": "%", "_m": "m", "_s": "s"}
#: What errs by a share of its value: everything that scales with the height of the person or the pace.
_RELATIVE = (
    "peak_velocity", "peak_acceleration", "speed_m_per_s", "length_m", "range_m", "_j_per_kg",
    "cadence_steps_per_min",
)  # fmt: skip


def angle_measure(name: str, statistic: str) -> str:
    """An angle's number in the table of errors; both sides err alike."""
    return f"angle.{name.removeprefix('left_').removeprefix('right_')}.{statistic}"


def side_of(name: str) -> str | None:
    """The side of an angle, by its name."""
    return next((side for side in ("right", "left") if name.startswith(f"{side}_")), None)


def repetition_measure(movement: str, name: str) -> str:
    """A repetition's measure in the table of errors."""
    return f"repetition.{movement}.{name}"


def gait_measure(name: str) -> str:
    """A row of a gait table in the table of errors."""
    return f"gait.{name}"


def symmetry_measure(name: str) -> str:
    """A symmetry index of a gait table in the table of errors."""
    return f"symmetry.{name}"


def body_measure(name: str) -> str:
    """A number of the whole body in the table of errors."""
    return f"body.{name}"


def is_relative(measure: str) -> bool:
    """Whether the error of a measure is a share of its value."""
    return any(part in measure.rsplit(".", 1)[-1] for part in _RELATIVE) and not measure.startswith("symmetry.")


def unit_of(measure: str) -> str:
    """The unit of a measure's absolute errors; an angle's where its name tells none, and none of smoothness."""
    if measure.startswith("symmetry."):
        return "%"
    endings = {"_percent": "%", "_m": "m", "_s": "s", "sparc": "", "ldlj": ""}
    return next((unit for ending, unit in endings.items() if measure.endswith(ending)), "deg")


def angle_bands(name: str, statistics: Mapping[str, float | None], conditions: Conditions) -> dict[str, ErrorBand]:
    """The bands of an angle's numbers, those whose error is known.

    Args:
        name: of the angle.
        statistics: the numbers of :data:`ANGLE_BANDS`.
        conditions: how the person was recorded.
    """
    reason = why_unreliable(name, conditions)
    bands = {
        statistic: band_of(
            angle_measure(name, statistic), statistics[statistic], ANGLE_UNITS.get(statistic, "deg"), conditions,
            side=side_of(name), reliable=not reason, reason=reason,
        )
        for statistic in ANGLE_BANDS
    }  # fmt: skip
    return {statistic: band for statistic, band in bands.items() if band is not None}


def repetition_bands(
    movement: str, unit: str, values: Mapping[str, float | None], conditions: Conditions, side: str | None = None
) -> dict[str, ErrorBand]:
    """The bands of a repetition's measures, or of their means, those whose error is known.

    Of a movement whose errors were not counted, but whose angle cannot be relied on (the ankle's, seen in video), the
    measures of size have a band without ends that says so; durations need no true angle.

    Args:
        movement: what was followed.
        unit: of its signal.
        values: the measures of :data:`REPETITION_BANDS`.
        conditions: how the person was recorded.
        side: which side moved.
    """
    units = {"range_of_motion": unit, "symmetry_percent": "%"} | dict.fromkeys(
        ("peak_velocity_out", "peak_velocity_back"), f"{unit}/s"
    )
    bands = {
        name: band_of(repetition_measure(movement, name), values[name], units.get(name, "s"), conditions, side=side)
        for name in REPETITION_BANDS
    }
    reason = why_unreliable(f"{side}_{movement}" if side in ("right", "left") else movement, conditions)
    if reason:
        doubted = {
            name: ErrorBand(low=None, high=None, unit=units[name], reliable=False, reason=reason)
            for name in units
            if bands[name] is None and values[name] is not None
        }
        bands |= doubted
    return {name: band for name, band in bands.items() if band is not None}


def body_band(name: str, value: float | None, unit: str, conditions: Conditions) -> ErrorBand | None:
    """The band of a number of the whole body; None where its error is not known.

    Args:
        name: of the number, as "centre_path_length_m".
        value: as it was measured.
        unit: of the value.
        conditions: how the person was recorded.
    """
    return band_of(body_measure(name), value, unit, conditions)


def with_gait_band(row: GaitParameter, conditions: Conditions) -> GaitParameter:
    """A row of a gait table with its band."""
    unit = next(unit for ending, unit in _GAIT_UNITS.items() if row.name.endswith(ending))
    return row.model_copy(update={"band": band_of(gait_measure(row.name), row.mean, unit, conditions, side=row.side)})


def with_symmetry_band(row: GaitSymmetry, conditions: Conditions) -> GaitSymmetry:
    """A symmetry index with its band."""
    band = band_of(symmetry_measure(row.name), row.symmetry_index_percent, "%", conditions)
    return row.model_copy(update={"band": band})


def why_unreliable(name: str, conditions: Conditions) -> str:
    """Why an angle cannot be relied on under these conditions, in one sentence; empty where it can.

    An angle whose range is wrong by more than :data:`_TOO_WIDE_DEG` cannot: it is the error of a guess.
    """
    if not conditions.from_video:
        return ""
    label = name.replace("_", " ")
    if any(name.endswith(part) for part in _FEET):
        return (
            f"{label} cannot be relied on: a few pixels turn a foot, which is short in the picture, by many degrees"
        )
    error = error_table().error(angle_measure(name, "range"), conditions.view_of(side_of(name)))
    if error is None or error.half_width <= _TOO_WIDE_DEG:
        return ""
    view = {"front": "the front or the back", "side": "the side", "oblique": "an oblique view"}[conditions.view]
    if side_of(name) not in (None, conditions.near) and conditions.view != "front":
        view += ", on the far side of the body,"
    return (
        f"{label} cannot be relied on: from {view} its range was wrong by up to {error.half_width:.0f} deg in "
        "recordings whose true motion is known"
    )
