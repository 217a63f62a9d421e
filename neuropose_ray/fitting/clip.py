"""The frames of a track that can be fitted, with short gaps bridged and pixels turned into viewing directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.camera import Camera

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Clip:
    """``F`` kept frames of a track; gaps up to the allowed length are there, interpolated in time.

    Attributes:
        frames: ``(F,)`` positions in the track.
        segments: ``(F,)`` ascending; a longer gap lies between two segments.
        detected: ``(F,)`` False in a bridged gap.
        times: ``(F,)`` seconds.
        image: ``(F, J, 2)`` viewing directions ``X / Z, Y / Z``, free of lens distortion.
        model: ``(F, J, 3)`` metres relative to the middle of the hips, the model's own axes.
        scores: ``(F, J)`` in 0..1, zero in a bridged gap.
    """

    frames: NDArray[np.intp]
    segments: NDArray[np.intp]
    detected: NDArray[np.bool_]
    times: Array
    image: Array
    model: Array
    scores: Array

    def __len__(self) -> int:
        return len(self.frames)


def usable(
    poses2d: NDArray[np.floating], scores: NDArray[np.floating], poses3d: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """``(T,)`` frames in which the person was detected: every number is finite and some score above zero."""
    finite = (
        np.isfinite(poses2d).all(axis=(1, 2))
        & np.isfinite(scores).all(axis=1)
        & np.isfinite(poses3d).all(axis=(1, 2))
    )
    return np.asarray(finite & (np.nan_to_num(scores) > 0).any(axis=1))


def clip_of(
    poses2d: NDArray[np.floating],
    scores: NDArray[np.floating],
    poses3d: NDArray[np.floating],
    times: Array,
    detected: NDArray[np.bool_],
    camera: Camera,
    hips: NDArray[np.intp],
    max_gap_s: float,
) -> Clip:
    """Cut a track with at least one detected frame into what is fitted; ``poses3d`` is in millimetres."""
    frames_detected = np.flatnonzero(detected)
    # A gap lasts from its first missing frame to the next detected one; a microsecond absorbs rounding of the times.
    missing_s = np.where(
        np.diff(frames_detected) > 1,
        times[frames_detected[1:]] - times[np.minimum(frames_detected[:-1] + 1, len(times) - 1)],
        0,
    )
    cut = missing_s > max_gap_s + 1e-6
    segment_of_seen = np.concatenate([[0], np.cumsum(cut)])
    keep = detected.copy()
    for left, right in zip(frames_detected[:-1][~cut], frames_detected[1:][~cut], strict=True):
        keep[left:right] = True
    frames = np.flatnonzero(keep)
    previous = np.searchsorted(frames_detected, frames, side="right") - 1
    following = np.minimum(previous + (frames_detected[previous] != frames), len(frames_detected) - 1)
    span = times[frames_detected[following]] - times[frames_detected[previous]]
    share = np.where(span > 0, (times[frames] - times[frames_detected[previous]]) / np.where(span > 0, span, 1), 0)[
        :, None, None
    ]

    def bridge(values: Array) -> Array:
        return np.asarray(values[previous] * (1 - share) + values[following] * share)

    metres = poses3d[frames_detected].astype(np.float64) / 1000
    return Clip(
        frames=frames,
        segments=segment_of_seen[previous],
        detected=detected[frames],
        times=times[frames],
        image=bridge(camera.viewing_directions(poses2d[frames_detected].astype(np.float64))),
        model=bridge(metres - metres[:, hips].mean(axis=1, keepdims=True)),
        scores=np.where(detected[frames, None], np.clip(np.nan_to_num(scores[frames]), 0, 1), 0),
    )
