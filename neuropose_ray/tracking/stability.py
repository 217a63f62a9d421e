"""Whether a person is seen steadily enough for something to be done about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.rules import StabilitySettings
from neuropose_ray.tracking.affinity import box_overlap
from neuropose_ray.tracking.online import OnlineTrack

#: After a pause of the stream, what was seen before says nothing of what is seen now.
PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Stability:
    """How steadily a person was seen in the latest frames.

    Attributes:
        hits: frames of the window in which the person was seen.
        overlap: smallest overlap (intersection over union) of the boxes of neighbouring hits; 1 with a single one.
        jitter_mm: root mean square of the noise of the joints about their middle in space, by second differences,
            which a steady movement does not have; None with fewer than three hits.
    """

    hits: int
    overlap: float
    jitter_mm: float | None


@dataclass(frozen=True, slots=True)
class _Hit:
    box: NDArray[np.float64]
    joints: NDArray[np.float64]


class StabilityGate:
    """Tells who is stable now: seen in enough of the latest frames, without leaps and without much jitter."""

    def __init__(self, settings: StabilitySettings | None = None) -> None:
        """Begin without anybody.

        Args:
            settings: what is asked of a person; None for the defaults.
        """
        self._settings = settings or StabilitySettings()
        self._history: dict[int, deque[_Hit | None]] = {}
        self._latest_s = float("-inf")

    def update(self, tracks: Sequence[OnlineTrack], poses: Poses, timestamp_s: float) -> frozenset[int]:
        """Take the next frame.

        Args:
            tracks: of the frame, from :class:`.online.OnlineTracker`; who is not among them is forgotten.
            poses: of the frame.
            timestamp_s: of the frame; after a pause of :data:`PAUSE_S` everybody begins anew.

        Returns:
            The ids of those who are stable now.
        """
        window = self._settings.window
        history = self._history if timestamp_s - self._latest_s <= PAUSE_S else {}
        self._latest_s = timestamp_s
        self._history = {
            track.track_id: history.get(track.track_id, deque[_Hit | None](maxlen=window)) for track in tracks
        }
        for track in tracks:
            self._history[track.track_id].append(None if track.row is None else _hit(poses, track.row))
        return frozenset(
            track.track_id
            for track in tracks
            if track.state != "tentative" and self._suffices(stability_of(self._history[track.track_id]))
        )

    def metrics(self) -> dict[int, Stability]:
        """How steadily everybody is seen, by track."""
        return {track_id: stability_of(history) for track_id, history in self._history.items()}

    def reset(self) -> None:
        """Forget everybody, as at a new epoch of the stream."""
        self._history = {}
        self._latest_s = float("-inf")

    def _suffices(self, stability: Stability) -> bool:
        settings = self._settings
        if stability.hits < settings.hits or stability.overlap < settings.min_iou:
            return False
        if settings.max_jitter_mm is None:
            return True
        return stability.jitter_mm is not None and stability.jitter_mm <= settings.max_jitter_mm


def _hit(poses: Poses, row: int) -> _Hit:
    joints = poses.poses3d[row].astype(np.float64)
    known = np.isfinite(joints).all(1)
    middle = joints[known].mean(0) if known.any() else np.zeros(3)
    return _Hit(poses.boxes[row, :4].astype(np.float64), joints - middle)


def stability_of(history: Sequence[_Hit | None] | deque[_Hit | None]) -> Stability:
    """How steadily a person was seen.

    Args:
        history: of the latest frames, None where the person was not seen.
    """
    hits = [hit for hit in history if hit is not None]
    overlaps = [float(box_overlap(first.box[None], second.box[None])[0, 0]) for first, second in pairwise(hits)]
    return Stability(len(hits), min(overlaps, default=1.0), _jitter_mm([hit.joints for hit in hits]))


def _jitter_mm(joints: Sequence[NDArray[np.float64]]) -> float | None:
    if len(joints) < 3:
        return None
    squares = (np.diff(np.stack(joints), 2, axis=0) ** 2).sum(-1)
    known = squares[np.isfinite(squares)]
    # The second difference of white noise has 1 + 4 + 1 times its variance.
    return float(np.sqrt(known.mean() / 6)) if known.size else None
