"""Near-duplicates: groups of frames that look alike, each with its sharpest frame as representative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.settings import DuplicateSettings


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The groups of frames, of any number of videos together.

    Attributes:
        group_ids: the id of each frame's group, None for a frame like no other. The id is the representative's hash
            in hexadecimal: it stays the same when frames are added or taken away, as long as that frame leads.
        representative: ``(frames,)`` the position of each frame's representative, -1 without a group.
        confidence: ``(frames,)`` float32 correlation of each frame's thumbnail with its representative's, NaN without
            a group.
    """

    group_ids: tuple[str | None, ...]
    representative: NDArray[np.int64]
    confidence: NDArray[np.float32]

    def leads(self) -> NDArray[np.bool_]:
        """``(frames,)`` whether each frame is its group's representative."""
        return np.asarray(self.representative == np.arange(len(self.representative)), np.bool_)


def find_duplicates(
    hashes: NDArray[np.uint64],
    sharpness: NDArray[np.floating],
    valid: NDArray[np.bool_],
    thumbnails: NDArray[np.uint8],
    settings: DuplicateSettings = DuplicateSettings(),
) -> Duplicates:
    """Groups in which no frame's hash differs from the representative's in more bits than the threshold.

    The sharpest frame that is in no group yet leads the next one, the earlier of two equally sharp ones, and takes
    every free frame within the threshold. Frames are not joined through others in between: with a camera that stands
    still that would join a whole video.

    Args:
        hashes: ``(frames,)``.
        sharpness: ``(frames,)``; NaN counts as least.
        valid: ``(frames,)`` whether a frame has a hash; one without is in no group.
        thumbnails: ``(frames, pixels)``.
        settings: the threshold.
    """
    representative = np.full(len(hashes), -1, np.int64)
    rows = np.flatnonzero(valid)
    if len(rows) < 2:  # nothing is alike, and what compares takes a second to load
        return Duplicates((None,) * len(hashes), representative, np.full(len(hashes), np.nan, np.float32))
    from neuropose_ray.curation.leaders import leaders_of
    from neuropose_ray.curation.likeness import correlations

    keys = np.where(np.isnan(sharpness[rows]), -np.inf, sharpness[rows])
    order = rows[np.argsort(-keys, kind="stable")]
    leaders = leaders_of(hashes[order], settings.hamming_threshold)
    members = np.bincount(leaders, minlength=len(order))
    representative[order] = np.where(members[leaders] > 1, order[leaders], -1)
    ids = {int(leader): f"{int(hashes[leader]):016x}" for leader in np.unique(representative[representative >= 0])}
    group_ids = tuple(ids.get(leader) for leader in representative.tolist())
    return Duplicates(group_ids, representative, correlations(np.ascontiguousarray(thumbnails), representative))
