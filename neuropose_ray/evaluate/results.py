"""Results of a comparison with a reference: frozen records, NaN in Python and null in JSON where not known."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, StrictInt, Utf8Str


def _nan_for_null(value: object) -> object:
    return float("nan") if value is None else value


#: A number that may not be known.
FloatOrNaN = Annotated[float, BeforeValidator(_nan_for_null)]


class PoseMeasures(FrozenModel):
    """Errors of one joint, or the mean over all twelve; :mod:`.measures` defines each."""

    mpjpe_mm: FloatOrNaN = Field(description="root-relative: mid-hips laid on each other; axes as the record says")
    n_mpjpe_mm: FloatOrNaN = Field(description="like mpjpe_mm, after the best scale of each frame")
    pa_mpjpe_mm: FloatOrNaN = Field(description="after the best rotation, translation and scale of each frame")
    abs_mpjpe_mm: FloatOrNaN = Field(description="as it is; null where the reference is not in the camera's axes")
    pck_50mm: FloatOrNaN = Field(description="share of root-relative errors of at most 50 mm")
    pck_150mm: FloatOrNaN = Field(description="share of root-relative errors of at most 150 mm")
    auc_200mm: FloatOrNaN = Field(description="mean of that share over thresholds of 0 to 200 mm")
    acceleration_error_m_s2: FloatOrNaN = Field(description="root-relative, on the frames' true times")


class AngleAgreement(FrozenModel):
    """Agreement of two curves of an angle; differences are estimate minus reference."""

    frames: StrictInt = Field(description="that were compared")
    coverage: FloatOrNaN = Field(description="their share of the frames with a reference")
    mae_deg: FloatOrNaN = Field(description="mean absolute error")
    rmse_deg: FloatOrNaN = Field(description="root of the mean squared error")
    correlation: FloatOrNaN = Field(description="Pearson's r; null where a curve is flat")
    bias_deg: FloatOrNaN = Field(description="mean difference")
    lower_limit_deg: FloatOrNaN = Field(description="Bland and Altman's lower limit: bias - 1.96 SD")
    upper_limit_deg: FloatOrNaN = Field(description="Bland and Altman's upper limit: bias + 1.96 SD")


class PoseScores(PoseMeasures):
    """Errors over the frames in which the person was found: the mean over all joints, each joint, and the angles."""

    reference_frames: StrictInt = Field(description="frames at which all twelve joints of the reference are known")
    found_frames: StrictInt = Field(
        description="those in which all twelve joints were found: what the errors are over"
    )
    acceleration_frames: StrictInt = Field(description="those that have both neighbours, too")
    coverage: FloatOrNaN = Field(
        description="found_frames / reference_frames; a frame without the person counts here alone"
    )
    knee_mae_deg: FloatOrNaN = Field(description="mean absolute error of the knee's flexion, both sides")
    joints: FrozenMapping[str, PoseMeasures]
    angles: FrozenMapping[str, AngleAgreement]


class TrackScores(FrozenModel):
    """One person's poses of one kind against the reference."""

    poses: Literal["model", "fitted"] = Field(description="what the pose model said, or the fitted skeleton")
    track: StrictInt = Field(
        description="the person's track; the position in the frame where the file holds no tracks"
    )
    time_offset_s: FloatOrNaN = Field(description="what was added to the video's times to read the reference")
    offset_at_limit: bool = Field(description="the best offset is the end of the range that was searched")
    scores: PoseScores


class Evaluation(FrozenModel):
    """Predictions against a reference, ready for JSON."""

    kind: Literal["evaluation"] = "evaluation"
    schema_version: Literal[1] = 1
    predictions: Utf8Str = Field(description="the file that was compared")
    reference: Utf8Str = Field(description="the file that it was compared with")
    root: Literal["mid-hip"] = "mid-hip"
    axes: Literal["camera", "one rotation per sequence"] = Field(
        description="whether the reference is in the camera's axes, or was turned onto them once for all frames"
    )
    results: tuple[TrackScores, ...]
