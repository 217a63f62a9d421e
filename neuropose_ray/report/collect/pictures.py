"""What curation found in the pictures of a video, as strips and sentences of its report."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import Trial
from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.render import QualityStrip
from neuropose_ray.schemas.frame_table import FRAMES_FILE, FrameFlag, read_frames
from neuropose_ray.words import counted

#: What lets poses be worse; that a frame is like another one does not.
DOUBTFUL_FLAGS = (
    FrameFlag.UNREADABLE, FrameFlag.AFTER_GAP, FrameFlag.SIZE_CHANGE, FrameFlag.BLURRED, FrameFlag.DARK,
    FrameFlag.BRIGHT, FrameFlag.CLIPPED, FrameFlag.UNIFORM,
)  # fmt: skip

_SAME_TIME_S = 1e-6


def picture_quality(trial: Trial) -> tuple[tuple[QualityStrip, ...], tuple[str, ...]]:
    """Strips over a video's frames and sentences, of what `curate run` found beside its predictions; else nothing."""
    try:
        table, _ = read_frames(trial.path.parent / FRAMES_FILE)
    except NeuroposeRayError:
        return (), ()
    rows = _nearest(table["timestamp_s"].to_numpy(), trial.table.timestamps_s / trial.seconds_of_a_second)
    flags = table["flags"].to_pylist()
    of_frames = [flags[row] if row >= 0 else [] for row in rows.tolist()]
    doubtful = {flag.value for flag in DOUBTFUL_FLAGS}
    is_doubtful = np.array([not doubtful.isdisjoint(found) for found in of_frames], np.float64)
    is_idle = np.array([FrameFlag.IDLE.value in found for found in of_frames], np.float64)
    strips = [QualityStrip("Picture doubtful", is_doubtful, good=False, doubt=0.5, unit="yes or no")]
    if is_idle.any():
        strips.append(QualityStrip("Nothing moves", is_idle, good=False, doubt=0.5, unit="yes or no"))
    counts = Counter(flag for found in of_frames for flag in found)
    named = [f"{counts[flag.value]} {flag.value.replace('_', ' ')}" for flag in FrameFlag if counts[flag.value]]
    return tuple(strips), (
        f"Of {counted(len(of_frames), 'picture')} curation found: {', '.join(named) or 'nothing'}.",
    )


def _nearest(known_s: NDArray[np.float64], times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each time the position of the same one among those known, -1 where there is none."""
    after = np.clip(np.searchsorted(known_s, times_s), 0, len(known_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(known_s[before] - times_s) <= np.abs(known_s[after] - times_s), before, after)
    return np.where(np.abs(known_s[nearest] - times_s) <= _SAME_TIME_S, nearest, -1)
