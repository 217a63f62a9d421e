"""What a user may set of dynamic time warping."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypedDict

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from neuropose_ray.errors import SequenceError
from neuropose_ray.faults import faults
from neuropose_ray.schemas.immutable import FrozenModel


def _extent(value: object) -> object:
    is_frame_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not is_frame_count and not (isinstance(value, float) and 0 <= value <= 1):
        raise ValueError(f"must be a whole number of frames or a fraction from 0.0 to 1.0, not {value!r}")
    return value


#: A number of frames (a whole number), or a fraction of the longer sequence's frames (0.0 to 1.0).
Extent = Annotated[int | float, BeforeValidator(_extent)]
Method = Literal["exact", "fastdtw"]


class WarpingOptions(TypedDict, total=False):
    """The keywords of :class:`WarpingSettings`, for functions that take them one by one."""

    method: Method
    band: int | float | None
    z_normalise: bool
    path_normalise: bool
    open_begin: int | float
    open_end: int | float


class WarpingSettings(FrozenModel):
    """How one sequence is laid over another."""

    method: Method = Field(
        default="exact",
        description="exact finds the cheapest path; fastdtw is NeuroPose's approximation (radius 1), kept for its "
        "numbers: never smaller, often larger, and slower",
    )
    band: Extent | None = Field(
        default=None,
        description="half-width of the Sakoe-Chiba band, in frames or as a fraction of the longer sequence; about "
        "0.1 also bounds how far a tempo may plausibly differ; none as in NeuroPose",
    )
    z_normalise: bool = Field(
        default=False,
        description="give each channel of each sequence mean 0 and standard deviation 1: shapes alone are compared, "
        "not amplitudes; off as in NeuroPose",
    )
    path_normalise: bool = Field(
        default=False,
        description="divide by the number of pairs of the path: distances of short and long trials can be compared; "
        "off as in NeuroPose",
    )
    open_begin: Extent = Field(
        default=0,
        description="frames, or fraction of the longer sequence, that either sequence may have too many at its "
        "beginning: for repetitions that were cut badly",
    )
    open_end: Extent = Field(default=0, description="the same at the end")

    @model_validator(mode="after")
    def _known_to_the_method(self) -> Self:
        if self.method == "fastdtw" and (self.band is not None or self.open_begin or self.open_end):
            raise ValueError("fastdtw has neither a band nor open ends; use method exact")
        return self


def distance_unit(representation: Literal["coords", "angles"], settings: WarpingSettings) -> str:
    """The unit of distances: mm of coordinates, rad of angles, standard deviations (SD) after z-normalisation."""
    return "SD" if settings.z_normalise else {"coords": "mm", "angles": "rad"}[representation]


def warping_settings(options: WarpingOptions | dict[str, Any]) -> WarpingSettings:
    """The settings that these keywords describe.

    Raises:
        SequenceError: a keyword is unknown or its value is wrong.
    """
    try:
        return WarpingSettings.model_validate(options)
    except ValidationError as error:
        line = faults(error, WarpingSettings)[0]
        is_of_all = not error.errors(include_url=False)[0]["loc"]
        raise SequenceError(f"method: {line}" if is_of_all else line, where="dtw") from error
