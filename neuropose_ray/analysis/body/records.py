"""What is found of the mechanics of a body, as frozen records for JSON and for tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.analysis.body.settings import MassDistribution
from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, OptionalFloat, StrictInt

Feet = Literal["left", "right", "both"]


class BodyMeasure(FrozenModel):
    """One number of the whole movement; ``name`` is one of :data:`.measures.BODY_MEASURES`."""

    name: str
    value: OptionalFloat
    band: ErrorBand | None = Field(default=None, description="null where its error is not known")


class Jump(FrozenModel):
    """One jump, its height found in two ways.

    ``height_m`` is the mean of both; the band reaches over both, and says where they contradict each other.
    """

    number: Annotated[StrictInt, Field(ge=1)]
    start_s: FiniteFloat = Field(description="take-off, between frames")
    end_s: FiniteFloat = Field(description="landing, between frames")
    flight_time_s: FiniteFloat
    height_m: FiniteFloat = Field(description="how far the centre of mass rises after take-off")
    height_by_centre_m: FiniteFloat = Field(description="as the centre of mass is seen to rise")
    height_by_flight_time_m: FiniteFloat = Field(description="as a body rises that falls for so long: g t^2 / 8")
    take_off: Feet
    landing: Feet
    band: ErrorBand = Field(description="of the height")
    flight_time_band: ErrorBand


class Running(FrozenModel):
    """Steps with a flight from one foot to the other."""

    start_s: FiniteFloat
    end_s: FiniteFloat
    flights: Annotated[StrictInt, Field(ge=1)]
    measures: tuple[BodyMeasure, ...] = Field(description="of :data:`.running.RUNNING_MEASURES`")


class BodyRecord(FrozenModel):
    """The centre of mass, energies, jumps and running of one person.

    Energies are per kilogram of the body. There are no forces: what acts on a joint does not follow from how one
    camera sees a body move.
    """

    masses: MassDistribution = Field(description="whose mean segment masses were taken (de Leva 1996)")
    stand_ins: tuple[str, ...] = Field(description="what was put in the place of joints that the skeleton lacks")
    coverage: OptionalFloat = Field(description="share of the frames in which the centre of mass is known")
    measures: tuple[BodyMeasure, ...]
    jumps: tuple[Jump, ...] = ()
    running: tuple[Running, ...] = ()
