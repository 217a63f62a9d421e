"""What cleaning gives back: the motion, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.immutable import FrozenJson, FrozenModel

StepName = Literal["confidence", "label_swaps", "outliers", "gaps", "resampling", "smoothing"]
Limb = Literal["legs", "arms"]


class CleaningStep(FrozenModel):
    """What one step did. A sample is one joint in one frame."""

    step: StepName
    settings: FrozenJson
    removed: int = Field(description="samples that were known before and are missing after")
    filled: int = Field(description="samples that were missing before and are known after")
    changed: int = Field(description="samples known before and after with other positions; resampled: all known ones")
    frames_before: int
    frames_after: int
    coverage_before: float = Field(description="share of the samples that are known; 0 without any")
    coverage_after: float
    warnings: tuple[str, ...] = ()


class LabelSwap(FrozenModel):
    """Frames in which left and right were exchanged, and now are not."""

    limb: Limb
    joints: tuple[str, ...] = Field(description="that changed places with those of the other side")
    first_frame: int = Field(description="of the motion that was given")
    last_frame: int = Field(description="inclusive")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned motion.

    Attributes:
        motion: a new one; the given one is as it was. A filled sample keeps the score that it had.
        steps: what was done, in order.
        removed: ``(frames, joints)`` of ``motion``: was known, is missing now.
        filled: ``(frames, joints)`` of ``motion``: is known by interpolation across a gap, not by measurement.
        swaps: where left and right were exchanged.
    """

    motion: Motion
    steps: tuple[CleaningStep, ...]
    removed: NDArray[np.bool_]
    filled: NDArray[np.bool_]
    swaps: tuple[LabelSwap, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of all steps, in order."""
        return tuple(warning for step in self.steps for warning in step.warnings)
