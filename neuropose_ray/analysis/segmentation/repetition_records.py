"""What repetitions are, and what counts as one."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from neuropose_ray.analysis.segmentation.excursions import ExcursionSettings
from neuropose_ray.analysis.segmentation.movements import MovementSignal, Side


class RepetitionSettings(ExcursionSettings):
    """How repetitions are found, and which of several moving joints is followed."""

    min_range_deg: float = Field(30.0, gt=0, description="least range of an angle; a shallow squat has 40")
    min_arm_range_deg: float = Field(
        45.0, gt=0, description="the same of elbow and shoulder: an arm that hangs half hidden wavers by 30"
    )
    in_phase: float = Field(
        0.7, gt=0, le=1, description="least correlation of right and left to count as one movement of both: squats "
        "have 0.99, walking less than 0.2"
    )  # fmt: skip
    step_kernel_s: float = Field(
        0.05, ge=0, description="smoothing before the ranges of the legs are compared: leaves the half second for "
        "which a knee bends in a step"
    )  # fmt: skip
    one_sided: float = Field(
        0.25,
        gt=0,
        lt=1,
        description="a leg that moves less than this share of the other rests: knee raises, no steps",
    )
    as_good: float = Field(
        0.6, gt=0, le=1, description="a joint whose range times regularity is at least this share of the best one's "
        "tells the same movement; the first in the order of MOVEMENTS is followed"
    )  # fmt: skip
    alike: float = Field(
        0.8, ge=0, le=1, description="mean correlation of the repetitions' curves with their mean; less is warned of"
    )
    shallow_share: float = Field(0.7, gt=0, lt=1, description="of the median height: less is warned of")


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition.

    Attributes:
        start: its first frame, the last one at rest.
        peak: the frame in the middle of the hold farthest from rest: the bottom of a squat, the top of a reach.
        end: the frame after its last one, which is the first at rest again.
        start_s, peak_s, end_s: the times of the first frame, of the peak, and of the last frame.
        side: which side's signal shows it.
        height: from rest to peak, in the signal's unit, after smoothing.
        complete: whether start and end are both seen.
        coverage: share of its frames in which the signal is known.
        confidence: mean score, 0..1, of the joints of the signal; NaN where the pose model gives none.
        warnings: in plain language, none if all is well.
    """

    start: int
    peak: int
    end: int
    start_s: float
    peak_s: float
    end_s: float
    side: Side
    height: float
    complete: bool
    coverage: float
    confidence: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repetitions:
    """What was found in a motion.

    Attributes:
        movement: the name of the signal: "knee_flexion", the kind of an extractor, or "" where nothing repeats.
        signals: what was followed: one, or one for each side.
        records: ascending in time.
        warnings: about the whole motion.
        reason: why there is no repetition, in one sentence; empty where there is one.
    """

    movement: str
    signals: tuple[MovementSignal, ...]
    records: tuple[Repetition, ...]
    warnings: tuple[str, ...]
    reason: str = ""

    def signal(self, side: Side) -> MovementSignal:
        """The signal in which repetitions of that side were found."""
        return next(signal for signal in self.signals if signal.side == side)
