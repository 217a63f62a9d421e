"""What gait analysis finds, as frozen records for JSON and for tables; times in s, lengths in m."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt

Side = Literal["left", "right"]
EventKind = Literal["heel_strike", "toe_off"]

#: The side of the other foot.
OTHER: Mapping[Side, Side] = MappingProxyType({"left": "right", "right": "left"})


class GaitEvent(FrozenModel):
    """A foot touches the floor or leaves it.

    ``timestamp_s`` is between frames, ``frame`` the nearest one. Events of the same ``walk`` follow each other in the
    order of walking without one missing.
    """

    timestamp_s: FiniteFloat
    frame: Annotated[StrictInt, Field(ge=0)]
    side: Side
    kind: EventKind
    walk: Annotated[StrictInt, Field(ge=0)]


class GaitEvents(FrozenModel):
    """All events of a recording, ascending in time, and in plain words what makes them unsure."""

    events: tuple[GaitEvent, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: tuple[str, ...] = Field(default=(), description="why no step was found; empty where one was")

    def of(self, side: Side, kind: EventKind) -> tuple[GaitEvent, ...]:
        """Those of one foot and kind, ascending in time."""
        return tuple(event for event in self.events if event.side == side and event.kind == kind)


class GaitCycle(FrozenModel):
    """One stride of one foot, heel strike to the next heel strike of the same foot.

    ``start`` is the frame nearest to the first heel strike, ``end`` the one after the frame nearest to the second.
    """

    side: Side
    start: Annotated[StrictInt, Field(ge=0)]
    end: Annotated[StrictInt, Field(gt=0)]
    walk: Annotated[StrictInt, Field(ge=0)]
    start_s: FiniteFloat
    opposite_toe_off_s: FiniteFloat
    opposite_heel_strike_s: FiniteFloat
    toe_off_s: FiniteFloat
    end_s: FiniteFloat


class GaitParameter(FrozenModel):
    """One row of a gait table: ``name`` ends with the unit; ``side`` "both" pools the values of left and right.

    ``mean`` is null without values, ``sd`` (of the sample, divided by n - 1) with fewer than two.
    """

    name: str
    side: Literal["left", "right", "both"]
    n: Annotated[StrictInt, Field(ge=0)]
    mean: FiniteFloat | None
    sd: FiniteFloat | None
    band: ErrorBand | None = Field(default=None, description="of the mean; null where its error is not known")


class GaitSymmetry(FrozenModel):
    """How much more the right side has than the left, in percent of their mean; null where a side has no value."""

    name: str
    symmetry_index_percent: FiniteFloat | None
    band: ErrorBand | None = Field(default=None, description="of the index; null where its error is not known")


class GaitParameters(FrozenModel):
    """The gait table of a recording, and in plain words what makes it unsure."""

    parameters: tuple[GaitParameter, ...]
    symmetry: tuple[GaitSymmetry, ...]
    warnings: tuple[str, ...] = ()

    def of(self, name: str, side: Literal["left", "right", "both"] = "both") -> GaitParameter:
        """One row.

        Raises:
            KeyError: there is no such row; the message lists the names.
        """
        for row in self.parameters:
            if (row.name, row.side) == (name, side):
                return row
        names = ", ".join(dict.fromkeys(row.name for row in self.parameters))
        raise KeyError(f"no gait parameter {name!r} of {side}; there are {names}")
