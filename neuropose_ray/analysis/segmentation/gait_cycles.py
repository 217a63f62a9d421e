"""Gait cycles as NeuroPose has them: windows around the lowest points of a heel."""

from __future__ import annotations

from neuropose_ray.analysis.segmentation.extractors import AxisLetter, joint_axis
from neuropose_ray.analysis.segmentation.peaks import PeakSettings
from neuropose_ray.analysis.segmentation.predictions import Source, segment_predictions
from neuropose_ray.schemas.segmentation import DEFAULT_METHOD, Segmentation, SegmentationMethod


def segment_gait_cycles(
    predictions: Source,
    *,
    joint: str = "rhee",
    axis: AxisLetter = "y",
    invert: bool = False,
    min_cycle_seconds: float = 0.4,
    min_prominence: float | None = None,
    person_index: int = 0,
    track: int | None = None,
    method: SegmentationMethod = DEFAULT_METHOD,
    settings: PeakSettings | None = None,
) -> Segmentation:
    """One window per heel strike, which is a maximum of the heel's y: y points down.

    Args:
        predictions: a video's predictions or one person's motion, of any skeleton that has the joint.
        joint: a joint's or landmark's name; "rhee" and "right_heel" are the same for every skeleton with heels.
        axis: the coordinate.
        invert: change its sign.
        min_cycle_seconds: least time between strikes of one foot; 0.4 s is faster than sprinting.
        min_prominence: mm; None for the rule's own.
        person_index: the person's place in every frame.
        track: the person by id instead.
        method: the rule.
        settings: of the default rule.

    Returns:
        The windows; none where there is no strike. NaN and missing frames as in
        :func:`~neuropose_ray.analysis.segmentation.predictions.segment_predictions`.

    Raises:
        UnknownJointError: (a KeyError) the skeleton has no such joint.
        SignalError: (a ValueError) another axis, zero frames, no such person, or an unknown frame rate.
    """
    return segment_predictions(
        predictions,
        joint_axis(joint, axis, invert=invert, skeleton=predictions.skeleton),
        person_index=person_index,
        track=track,
        min_distance_seconds=min_cycle_seconds,
        min_prominence=min_prominence,
        method=method,
        settings=settings,
    )


def segment_gait_cycles_bilateral(
    predictions: Source,
    *,
    axis: AxisLetter = "y",
    invert: bool = False,
    min_cycle_seconds: float = 0.4,
    min_prominence: float | None = None,
    person_index: int = 0,
    track: int | None = None,
    method: SegmentationMethod = DEFAULT_METHOD,
    settings: PeakSettings | None = None,
) -> dict[str, Segmentation]:
    """The cycles of both feet, by ``left_heel_strikes`` and ``right_heel_strikes``; see :func:`segment_gait_cycles`.

    Raises:
        UnknownJointError: (a KeyError) the skeleton has no heels.
        SignalError: (a ValueError) as there.
    """
    return {
        f"{side}_heel_strikes": segment_gait_cycles(
            predictions,
            joint=f"{side}_heel",
            axis=axis,
            invert=invert,
            min_cycle_seconds=min_cycle_seconds,
            min_prominence=min_prominence,
            person_index=person_index,
            track=track,
            method=method,
            settings=settings,
        )
        for side in ("left", "right")
    }
