"""What a user may set of the fit; every sigma is a standard deviation of one residual."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from neuropose_ray.schemas.fitting import HeightM, HeightSource


class FittingSettings(BaseModel):
    """Weights, limits and sizes of the sequence fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # What is known of the scene.
    height_m: HeightM = Field(
        default=1.70,
        description="stature in metres; one camera cannot see size, so this sets the scale of everything",
    )  # fmt: skip
    moving_camera: bool = Field(
        default=False,
        description="the camera moves: a foot at rest then moves in the picture, so contact is not used",
    )
    model_axes: Literal["viewing_ray", "camera"] = Field(
        default="viewing_ray",
        description="what the model's depth runs along: the ray to the person for a network that sees only a crop "
        "(BlazePose), the camera's axis for one that knows the camera (MeTRAbs)",
    )  # fmt: skip

    # What is fitted at all.
    max_gap_s: float = Field(
        default=2.0, ge=0, description="seconds without detection that are filled; a longer gap splits the sequence"
    )
    min_frames: int = Field(
        default=10, ge=3, description="detected frames needed: fewer give no usable median of the bone lengths"
    )

    # Reprojection.
    reprojection_sigma: float = Field(
        default=0.01, gt=0,
        description="noise of a landmark in the picture, in statures: errors grow with the person's image",
    )  # fmt: skip
    reprojection_tolerance: float = Field(
        default=3.0, gt=0, description="sigmas from which a landmark counts as an outlier and loses its pull"
    )
    score_floor: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="least weight of a landmark; a guess of the network beats no information",
    )

    gap_weight: float = Field(
        default=0.01, ge=0, le=1,
        description="weight of the straight line between both ends of a gap; with none at all a long gap swings out",
    )  # fmt: skip

    # Bones.
    bone_sigma_m: float = Field(
        default=0.01, gt=0, description="metres by which a bone may change in time: joint centres slide in the skin"
    )
    length_sigma: float = Field(
        default=0.03, gt=0, description="spread between adults of a bone's share of stature, as a fraction of it"
    )

    # Depth.
    depth_prior: Literal["learnt", "off"] = Field(
        default="learnt",
        description="where a second pass takes the depth between the ends of a bone from: the learnt prior beside "
        "the model, or no second pass. It gains almost everywhere, and loses up to 3 mm on people who balance",
    )
    depth_sigma_m: float = Field(
        default=0.08, gt=0,
        description="metres of error in the model's depth between the ends of a bone; flat optimum 0.06 to 0.10",
    )  # fmt: skip
    depth_tolerance: float = Field(
        default=2.0, gt=0, description="sigmas from which a depth of the model begins to lose its pull"
    )

    prior_tolerance: float = Field(
        default=4.0, gt=0, description="sigmas from which a depth of the learnt prior begins to lose its pull"
    )

    # Smoothness.
    acceleration_sigma: float = Field(
        default=12.0, gt=0, description="m/s2 of a knee or foot in daily movement; trunk half, arms twice as much"
    )

    # Contact.
    contact_speed: float = Field(
        default=0.2,
        gt=0,
        description="statures per second in the picture under which a heel or toe stands on the ground",
    )
    contact_sigma: float = Field(default=0.1, gt=0, description="m/s that a standing heel or toe may still creep")
    contact_tolerance: float = Field(
        default=1.0,
        gt=0,
        description="sigmas from which contact begins to lose its pull: in depth a swing looks still",
    )

    # Hinges.
    hinge_sigma: float = Field(default=0.03, gt=0, description="sine by which a hinge may pass its limit")
    knee_limit: float = Field(
        default=0.05, ge=-1, le=1, description="least sine of knee flexion: a knee does not bend forward"
    )
    elbow_limit: float = Field(
        default=0.15, ge=-1, le=1,
        description="least sine of elbow flexion: a relaxed arm is bent, and near straight its depth flips",
    )  # fmt: skip

    # Start.
    start_cutoff_hz: float = Field(
        default=6.0, gt=0, description="low-pass of the starting joint paths: the usual cut-off for human movement"
    )
    translation_cutoff_hz: float = Field(
        default=1.5, gt=0, description="low-pass of the starting distance, which is ten times noisier than the pose"
    )

    # Solver.
    iterations: int = Field(
        default=8,
        ge=1,
        description="Gauss-Newton steps; twice as many change the error against truth by up to 0.6 mm",
    )
    tolerance_m: float = Field(
        default=2e-4, gt=0, description="largest move in metres at which the fit has converged"
    )

    # Memory.
    window_frames: int = Field(
        default=240,
        ge=10,
        description="frames solved at once, about 60 kB each; half as many double the differences at the seams",
    )
    overlap_s: float = Field(
        default=0.5,
        ge=0,
        description="seconds two windows share and cross-fade; beyond it only standing feet tie frames together",
    )
    length_frames: int = Field(
        default=240, ge=10, description="frames, spread over the sequence, from which bone lengths are estimated"
    )

    @property
    def height_source(self) -> HeightSource:
        """Whether somebody gave the height, also where it is that of the default."""
        return "given" if "height_m" in self.model_fields_set else "assumed"

    @field_validator("depth_prior", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        """YAML reads the word off as false."""
        return "off" if value is False else value
