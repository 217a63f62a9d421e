"""``fitting.json``: how the fit of each track went, frame by frame."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel

#: How a person's stature came to be known.
HeightSource = Literal["given", "assumed"]


def require_metres(height: float) -> float:
    """The height as it is.

    Raises:
        ValueError: nobody is so tall in metres; the message says what may have been meant.
    """
    if 0.3 < height < 3:
        return height
    meant = f": {height / 100:g} rather than {height:g}" if 30 < height < 300 else ", above 0.3 and below 3"
    raise ValueError(f"a person's height is in metres{meant}")


#: A person's stature in m.
HeightM = Annotated[
    float,
    AfterValidator(require_metres),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0.3, "exclusiveMaximum": 3}),
]

#: What each bit of a frame's flags says.
FLAG_MEANINGS = {
    "1": "gap filled: the person was not detected",
    "2": "the fitted pose lies farther from the 2D landmarks than the model's",
    "4": "a limb bone's depth has another sign than the depth prior expects, or without a prior than the model's",
    "8": "left as the model gave it",
    "16": "ground contact not used: the camera moves",
    "32": "not detected, in a gap too long to fill",
}


#: The bits of a frame whose fit lies off the picture or contradicts the depth that was expected.
_DOUBTFUL = 2 | 4


class SideExchange(FrozenModel):
    """Frames in which the pose model's right and left of the legs, or of the arms, look exchanged."""

    limb: Literal["legs", "arms"]
    first_frame: int
    last_frame: int = Field(description="inclusive")
    log_odds: float = Field(
        description="logarithm of how much likelier exchanged is, the mean over the frames: half the difference of "
        "the prior's answers to the labels as given and exchanged"
    )
    repaired: bool = Field(description="whether the fit has them put back; only where that is sure")

    @property
    def description(self) -> str:
        """A sentence without a full stop."""
        frames = (
            f"in frame {self.first_frame}"
            if self.first_frame == self.last_frame
            else f"in frames {self.first_frame} to {self.last_frame}"
        )
        if self.repaired:
            return f"right and left {self.limb} were exchanged {frames} and were put back"
        return f"right and left {self.limb} may be exchanged {frames}: what is said of one side there is not sure"


class TrackFit(FrozenModel):
    """One person's fit; the lists have an entry for each frame of ``frame_index``."""

    track_id: int
    improved: bool = Field(description="whether the fit is believed; predictions.parquet has it only then")
    bone_lengths_mm: FrozenMapping[str, float] = Field(default={}, validate_default=True)
    depth_prior: str | None = Field(
        default=None, description="name and digest of the learnt prior whose depths were used; null for none"
    )
    depth_sigma_mm: FrozenMapping[str, float] = Field(
        default={},
        validate_default=True,
        description="by the bone's ends, the median over the frames of the error in depth, along the ray to the "
        "hips, that the depth prior expected of itself; empty without a prior",
    )
    legs_exchanged: tuple[float | None, ...] = Field(
        default=(),
        description="by how much what is seen of the legs is likelier with right and left exchanged: the logarithm "
        "of the likelihood ratio, above 0 if exchanged is likelier; empty without a depth prior",
    )
    arms_exchanged: tuple[float | None, ...] = Field(default=(), description="the same of the arms")
    exchanges: tuple[SideExchange, ...] = Field(
        default=(), description="where right and left look exchanged, and whether they were put back"
    )
    frame_index: tuple[int, ...]
    residual_px: tuple[float | None, ...] = Field(description="root mean square distance to the 2D landmarks")
    flags: tuple[int, ...] = Field(description="a sum of the numbers in flag_meanings")

    @property
    def doubtful_frames(self) -> tuple[int, ...]:
        """The frames in which the fit lies off the picture or contradicts the depth that was expected."""
        return tuple(frame for frame, flags in zip(self.frame_index, self.flags, strict=True) if flags & _DOUBTFUL)


class FittingReport(FrozenModel):
    """All tracks of a video, and what the flags mean."""

    flag_meanings: FrozenMapping[str, str] = Field(default=FLAG_MEANINGS, validate_default=True)
    height_m: float | None = Field(
        default=None, description="the stature to which all tracks are scaled; null: the file does not say it"
    )
    height_source: HeightSource | None = Field(default=None, description="assumed: nobody gave a height")
    rate: float | None = Field(
        default=None,
        description="frames of a second that were analysed and fitted, at most; what is said of the frames between "
        "is that of the analysed one nearest. Null where it was all of them",
    )
    tracks: tuple[TrackFit, ...]
