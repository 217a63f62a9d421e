"""What a user may set of cleaning; each step is left out by setting it to None."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from neuropose_ray.schemas.immutable import FrozenModel

#: The cut-off that is taken where none is asked for: the usual one for human gait and exercises.
USUAL_CUTOFF_HZ = 6.0

Interpolation = Literal["linear", "pchip", "cubic"]


class ConfidenceSettings(FrozenModel):
    """Which samples are not believed."""

    min_score: float = Field(
        default=0.3, ge=0, le=1, description="joint scores below this are cut; Sports2D's and OpenPose users' value"
    )


class LabelSwapSettings(FrozenModel):
    """When left and right are taken to be exchanged."""

    noise_mm: float = Field(
        default=25.0,
        gt=0,
        description="least error of the vector from right to left joint, in each axis; more where motion is noisier",
    )
    acceleration_mm_per_s2: float = Field(
        default=30_000.0,
        gt=0,
        description="by which one limb's speed against the other's changes; feet in gait reach 30 m/s2",
    )
    switching_cost: float = Field(
        default=6.0,
        gt=0,
        description="evidence (natural logarithm of odds) that an exchange must have at its beginning and its end; "
        "6 is 400 to 1 at either",
    )
    cost_per_s: float = Field(
        default=2.0,
        ge=0,
        description="evidence that each second of an exchange costs: labels are right for most of the time",
    )


class OutlierSettings(FrozenModel):
    """When a sample is an outlier among its neighbours (Hampel)."""

    window: int = Field(
        default=7, ge=3, description="frames, odd; finds outliers of up to 3 frames in a row; Pose2Sim's value"
    )
    threshold: float = Field(
        default=3.0, gt=0, description="standard deviations, estimated by the median deviation; Pearson's value"
    )
    min_deviation_mm: float = Field(
        default=20.0, ge=0, description="smaller deviations stay: they are the noise that the low-pass takes out"
    )
    max_window_s: float = Field(
        default=0.35,
        gt=0,
        description="neighbours farther than half of it in time do not count: over more time the turning points of "
        "fast movements look like outliers; below 12 frames per second none are looked for",
    )

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        return _odd(window)


class _Interpolated(FrozenModel):
    """What is drawn between known samples."""

    max_gap_s: float = Field(
        default=0.25,
        gt=0,
        description="longest time from the last known sample to the next; half a swing of the leg, through which "
        "a smooth curve can be drawn",
    )
    method: Interpolation = Field(
        default="pchip", description="linear, pchip (smooth, no overshoot) or cubic (smoothest, may overshoot)"
    )


class GapSettings(_Interpolated):
    """Which gaps are filled, and how."""


class ResamplingSettings(_Interpolated):
    """How uneven times are made even; neighbouring frames belong together however far apart."""

    rate_hz: float | None = Field(
        default=None, gt=0, description="asked rate, then always resampled; None: the median rate, where uneven"
    )
    tolerance: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="share by which an interval may differ from the median one: whole milliseconds make 6 % at 60 Hz",
    )


class ButterworthSettings(FrozenModel):
    """Zero-lag low-pass Butterworth filter."""

    kind: Literal["butterworth"] = "butterworth"
    cutoff_hz: float | None = Field(
        default=None,
        gt=0,
        description="where the gain of the whole filter is 1/sqrt(2); None: 6 Hz, or no filter where 6 Hz is not "
        "below half the frame rate. 10 to 12 Hz for fast sports",
    )
    order: Literal[2, 4, 6, 8] = Field(
        default=4, description="of the whole filter: 4 is a second-order section run forwards and backwards"
    )


class OneEuroSettings(FrozenModel):
    """One-Euro filter: causal, lags, for what must be shown live."""

    kind: Literal["one_euro"] = "one_euro"
    min_cutoff_hz: float = Field(default=1.0, gt=0, description="at rest; the authors' starting value")
    speed_coefficient_hz_per_mm_s: float = Field(
        default=0.005, ge=0, description="rise of the cut-off with speed: 6 Hz at 1 m/s"
    )
    speed_cutoff_hz: float = Field(default=1.0, gt=0, description="for the speed itself; the authors' value")


class SavitzkyGolaySettings(FrozenModel):
    """Savitzky-Golay filter: a polynomial through each window; keeps peaks better than a mean."""

    kind: Literal["savitzky_golay"] = "savitzky_golay"
    window: int = Field(default=9, ge=3, description="frames, odd; 0.3 s at 30 per second")
    polynomial_order: int = Field(
        default=3, ge=0, description="below the window; 3 follows an acceleration that changes"
    )

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        return _odd(window)

    @model_validator(mode="after")
    def _determined(self) -> SavitzkyGolaySettings:
        if self.polynomial_order >= self.window:
            raise ValueError(f"polynomial_order {self.polynomial_order} must be below the window {self.window}")
        return self


class MedianSettings(FrozenModel):
    """Running median: takes out spikes, keeps steps."""

    kind: Literal["median"] = "median"
    window: int = Field(default=5, ge=3, description="frames, odd; takes out spikes of 2 frames")

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        return _odd(window)


SmoothingSettings = Annotated[
    ButterworthSettings | OneEuroSettings | SavitzkyGolaySettings | MedianSettings, Field(discriminator="kind")
]


class CleaningSettings(FrozenModel):
    """The steps of cleaning, in the order in which they are done.

    Fitted positions have been smoothed and their gaps filled by the fit already: on these the steps change little,
    and ``smoothing`` may be None.
    """

    confidence: ConfidenceSettings | None = ConfidenceSettings()
    label_swaps: LabelSwapSettings | None = LabelSwapSettings()
    outliers: OutlierSettings | None = OutlierSettings()
    gaps: GapSettings | None = GapSettings()
    resampling: ResamplingSettings | None = ResamplingSettings()
    smoothing: SmoothingSettings | None = ButterworthSettings()


def _odd(window: int) -> int:
    if window % 2 == 0:
        raise ValueError(f"a window of {window} frames has no middle: give an odd number")
    return window
