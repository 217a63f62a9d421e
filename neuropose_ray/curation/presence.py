"""Who is in the frames, and how well: out of the predictions of a pose model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.frame_times import matching_frames
from neuropose_ray.schemas.poses import PoseTable


@dataclass(frozen=True, slots=True)
class Presence:
    """People in every frame of a video.

    Attributes:
        persons: ``(frames,)`` int32.
        pose_quality: ``(frames,)`` float32 in 0..1, the mean joint score of the person best seen; NaN without one.
        known: ``(frames,)`` whether there are predictions of the frame at all.
    """

    persons: NDArray[np.int32]
    pose_quality: NDArray[np.float32]
    known: NDArray[np.bool_]


def presence_columns(predictions: PoseTable, timestamps_s: NDArray[np.float64]) -> Presence:
    """Persons and pose quality of every frame.

    Args:
        predictions: of the same video; frames that could not be decoded are missing in it.
        timestamps_s: ``(frames,)`` ascending presentation times of all frames.
    """
    rows = matching_frames(timestamps_s, predictions.timestamps_s)
    known = rows >= 0
    quality = _quality_by_frame(predictions)
    persons = predictions.persons_per_frame()
    return Presence(
        persons=np.where(known, persons[rows] if len(persons) else 0, 0).astype(np.int32),
        pose_quality=np.where(known, quality[rows] if len(quality) else np.nan, np.nan).astype(np.float32),
        known=known,
    )


def person_quality(predictions: PoseTable) -> NDArray[np.float64]:
    """``(rows,)`` the mean joint score of every person, and the person's score where joints have none."""
    poses = predictions.poses
    scores = poses.joint_scores.astype(np.float64)
    counts = np.isfinite(scores).sum(1)
    means = np.nansum(scores, axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, means, poses.boxes[:, 4].astype(np.float64))


def _quality_by_frame(predictions: PoseTable) -> NDArray[np.float64]:
    best = np.full(predictions.frame_count, -np.inf)
    quality = person_quality(predictions)
    np.maximum.at(best, predictions.poses.frame, np.where(np.isfinite(quality), quality, -np.inf))
    return np.where(np.isfinite(best), best, np.nan)
