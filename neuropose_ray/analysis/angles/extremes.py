"""What range an angle covers and how fast it moves, told so that single bad frames do not decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.analysis.angles.table import AngleTable, angular_acceleration, angular_velocity

Array = NDArray[np.float64]

#: Extremes are those of a running median over so many seconds: a posture that is held for half of it counts.
_HELD_S = 0.1
#: Share of an angle's frames beyond what bodies reach from which the whole angle is not to be believed.
_IMPLAUSIBLE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class AngleExtremes:
    """One angle over the frames that can be used, in degrees and per second (squared); NaN where none can.

    Attributes:
        mean, std: of the values; of the population.
        min, max, range: of their running median.
        peak_velocity: greatest speed either way of the running median, itself a running median.
        peak_acceleration: greatest acceleration either way of the values, as a running median.
        coverage: share of all frames whose value is known and used.
        remark: what was implausible, in one sentence; empty where all is well.
        reliable: whether so few values are implausible that the others can be believed.
    """

    mean: float
    std: float
    min: float
    max: float
    range: float
    peak_velocity: float
    peak_acceleration: float
    coverage: float
    remark: str
    reliable: bool


def angle_extremes(table: AngleTable, name: str, usable: NDArray[np.bool_] | None = None) -> AngleExtremes:
    """Mean, range and peak velocity of one angle.

    Frames in which the angle is beyond what bodies reach are left out, and a remark says so.

    Args:
        table: of the angles.
        name: which one.
        usable: ``(frames,)`` those to take; None for all.

    Raises:
        InputError: there is no such angle.
    """
    definition = ANGLE_DEFINITIONS[name]
    values = table.angle(name).copy()
    if usable is not None:
        values[~usable] = np.nan
    known = np.isfinite(values)
    low, high = definition.plausible_deg
    beyond = known & ((values < low) | (values > high))
    share = beyond.sum() / known.sum() if known.any() else 0.0
    label = name.replace("_", " ")
    remarks = []
    if beyond.any():
        farthest = values[beyond][np.abs(values[beyond] - (low + high) / 2).argmax()]
        remarks.append(
            f"{label} was {farthest:.0f} deg, beyond what bodies reach, in {beyond.sum()} of {known.sum()} frames, "
            "which are left out"
        )
    values[beyond] = np.nan
    held = held_values(values, table.timestamps_s)
    speed = _greatest(held_values(np.abs(angular_velocity(held, table.timestamps_s)), table.timestamps_s))
    if speed > definition.plausible_deg_per_s:
        remarks.append(f"{label} moves at {speed:.0f} deg/s, faster than bodies do")
        speed = float("nan")
    acceleration = angular_acceleration(values, table.timestamps_s)
    used = values[np.isfinite(values)]
    nothing = float("nan")
    return AngleExtremes(
        mean=float(used.mean()) if len(used) else nothing,
        std=float(used.std()) if len(used) else nothing,
        min=-_greatest(-held),
        max=_greatest(held),
        range=_greatest(held) + _greatest(-held),
        peak_velocity=speed,
        peak_acceleration=_greatest(held_values(np.abs(acceleration), table.timestamps_s)),
        coverage=len(used) / len(values) if len(values) else 0.0,
        remark="; ".join(remarks),
        reliable=bool(share <= _IMPLAUSIBLE_SHARE),
    )


def held_values(values: Array, timestamps_s: Array) -> Array:
    """``(frames,)``: the running median over a tenth of a second, of the values that are known; NaN where none is.

    Below 20 frames a second the values as they are.
    """
    interval = float(np.median(np.diff(timestamps_s))) if len(timestamps_s) > 1 else float("inf")
    half = int(_HELD_S / interval / 2 + 1e-6)
    if half < 1:
        return values
    padded = np.pad(values, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    result = np.full(len(values), np.nan)
    known = np.isfinite(values)
    if known.any():
        result[known] = np.nanmedian(windows[known], axis=1)
    return result


def _greatest(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else float("nan")
