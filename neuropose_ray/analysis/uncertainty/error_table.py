"""The errors of measures as they were found on recordings with a truth, and the bands that follow from them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field

from neuropose_ray.analysis.uncertainty.conditions import Conditions
from neuropose_ray.analysis.uncertainty.records import BAND_COVERAGE, ErrorBand
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, StrictInt

#: Beside this module; ``jobs/measure_error_bands.py`` writes it.
ERROR_TABLE_FILE = "error_table.json"
#: Ends of the names of measures of either sign; steps are narrower than none where feet cross.
_SIGNED = (".mean", ".min", ".max", "symmetry_percent", "step_width_m")


class MeasuredError(FrozenModel):
    """How far off a measure was.

    ``half_width`` is what 90 % of the errors stay within, in the measure's unit, or as a share of its value.
    """

    half_width: float = Field(ge=0)
    kind: Literal["absolute", "relative"]
    samples: StrictInt = Field(ge=1)


class ErrorTable(FrozenModel):
    """The errors of every measure by view."""

    source: str = Field(description="on what they were measured")
    errors: FrozenMapping[str, FrozenMapping[str, MeasuredError]] = Field(
        description='measure ("angle.knee_flexion.max", "gait.speed_m_per_s"), then view ("front", "side far")'
    )

    def error(self, measure: str, view: str) -> MeasuredError | None:
        """The error of a measure from a view; None where it was not measured.

        A view in which there are no samples takes the largest error of those that are of its kind, else of all.
        """
        by_view: Mapping[str, MeasuredError] = self.errors.get(measure, {})
        if view in by_view:
            return by_view[view]
        alike = [error for other, error in by_view.items() if other.split()[0] == view.split()[0]]
        return max(alike or by_view.values(), key=lambda error: error.half_width, default=None)


@cache
def error_table() -> ErrorTable:
    """The errors that come with the program."""
    return ErrorTable.model_validate(json.loads(files(__package__).joinpath(ERROR_TABLE_FILE).read_text("utf-8")))


def band_of(
    measure: str,
    value: float | None,
    unit: str,
    conditions: Conditions,
    *,
    side: str | None = None,
    reliable: bool = True,
    reason: str = "",
) -> ErrorBand | None:
    """The band of a measure around its value; None where its error is not known.

    It ends where a measure does: a duration, a length or a range is not below 0, a share of a stride not over 100 %.
    What was measured by markers is the truth that errors were counted from, and has no band.

    Args:
        measure: its name in the table.
        value: as it was measured; None or NaN where it could not be.
        unit: of the value.
        conditions: how the person was recorded.
        side: of the body, "right" or "left"; anything else for both or none.
        reliable: whether the measure can be used.
        reason: why not.
    """
    if value is None or not math.isfinite(value) or not conditions.from_video:
        return None
    error = error_table().error(measure, conditions.view_of(side))
    if error is None:
        return None
    half = error.half_width * (abs(value) if error.kind == "relative" else 1.0)
    low, high = value - half, value + half
    least, most = _limits(measure)
    if least <= value <= most:
        low, high = max(low, least), min(high, most)
    return ErrorBand(low=low, high=high, unit=unit, coverage=BAND_COVERAGE, reliable=reliable, reason=reason)


def _limits(measure: str) -> tuple[float, float]:
    """The least and the largest value that a measure can have."""
    if measure.endswith(_SIGNED) or measure.startswith("symmetry."):
        return -math.inf, math.inf
    return 0.0, 100.0 if measure.endswith("_percent") else math.inf
