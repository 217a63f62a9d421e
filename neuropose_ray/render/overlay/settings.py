"""Every default of the overlay, once."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.render.overlay.choices import AngleJoint, View

#: From the fastest to the smallest file.
EncoderPreset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"]


class OverlaySettings(BaseModel):
    """What an overlay shows, and what it hides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blur_faces: bool = Field(default=False, description="Hide the heads of all people, also of uncertain ones.")
    boxes: bool = Field(default=False, description="Draw the box around each person; mostly it is in the way.")
    angles: tuple[AngleJoint, ...] = Field(
        default=(), description="Angles at these joints; none unless asked for, since they cover what is behind them."
    )
    repetitions: bool = Field(default=False, description="Count the repetitions of exercises.")
    view: View | None = Field(
        default=None, description="Show the poses in space beside the picture, from there; it widens the picture."
    )
    capture_fps: float | None = Field(
        default=None,
        gt=0,
        description="Frames per second at which a clip was taken that is stored slowed down: the times that are "
        "written, and those of angles and repetitions, are true ones; empty for what the predictions say.",
    )
    sound: bool = Field(
        default=False, description="Keep the sound: left out unless asked for, since voices tell who."
    )
    joint_score: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Bones to joints under this score are faint, and the joints have no dot and no angle: at 0.5 the "
        "pose model holds it for as likely that the joint is hidden as that it is seen.",
    )
    hold_s: float = Field(
        default=0.5,
        ge=0,
        description="Seconds that a hidden head stays hidden while its person is not found, before, between and "
        "after: half a second covers missed frames and the detector's search for newcomers.",
    )
    person_score: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Of people under this score all is hidden instead of the head alone: their poses may be wrong.",
    )
    encoder_threads: int | None = Field(
        default=None,
        ge=1,
        description="None: as many as there are cores; encoding takes longest, and when overlays are made nothing "
        "else runs.",
    )
    encoder_preset: EncoderPreset = Field(
        default="ultrafast",
        description="Speed preset of x264: a third of the time of veryfast, files three quarters larger.",
    )
    encoder_crf: int = Field(
        default=24,
        ge=0,
        le=51,
        description="Constant rate factor of x264; with ultrafast it keeps more of the picture than veryfast does at "
        "20.",
    )
