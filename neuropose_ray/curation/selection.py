"""Frames that are worth a second look, by a larger model or by a person: unsure ones, each unlike the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.settings import SelectionSettings
from neuropose_ray.curation.uncertainty import Uncertainty


@dataclass(frozen=True, slots=True)
class SelectedFrame:
    """One frame, how unsure it is, and why.

    Attributes:
        frame: its position among the frames that were chosen from.
        score: see :meth:`~neuropose_ray.curation.uncertainty.Uncertainty.scores`.
        reasons: ``low_confidence``, ``jump``, ``left_right_flip``; none for one that is only less sure than others.
    """

    frame: int
    score: float
    reasons: tuple[str, ...]


def select_frames(
    uncertainty: Uncertainty,
    timestamps_s: NDArray[np.float64],
    hashes: NDArray[np.uint64],
    has_hash: NDArray[np.bool_],
    settings: SelectionSettings = SelectionSettings(),
) -> list[SelectedFrame]:
    """The least sure frames, least sure first.

    A frame that looks like a chosen one and is near to it in time is passed over: ten neighbours of one bad frame
    teach no more than one of them. Frames of a camera that stands still look alike all the time, so that they count
    as different once enough time lies between them. A frame without any person is never chosen.

    Args:
        uncertainty: of the frames of one video.
        timestamps_s: ``(frames,)``.
        hashes: ``(frames,)`` perceptual hashes.
        has_hash: ``(frames,)`` whether a frame has one; without one it counts as like every other.
        settings: how many, and what counts as unlike.
    """
    scores = np.where(np.isnan(uncertainty.confidence), -np.inf, uncertainty.scores(settings))
    chosen: list[int] = []
    for frame in np.argsort(-scores, kind="stable").tolist():
        if len(chosen) == settings.frames or not scores[frame] > settings.least_score:
            break
        near = np.array([abs(timestamps_s[frame] - timestamps_s[other]) < settings.apart_s for other in chosen], bool)
        others = np.array(chosen, np.int64)[near]
        alike = np.bitwise_count(hashes[others] ^ hashes[frame]) <= settings.apart_bits
        if not (alike | ~has_hash[others] | ~has_hash[frame]).any():
            chosen.append(frame)
    return [SelectedFrame(frame, float(scores[frame]), uncertainty.reasons(frame, settings)) for frame in chosen]
