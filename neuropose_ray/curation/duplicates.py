"""Near-duplicates: groups of frames that look alike, each with its sharpest frame as representative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.settings import DuplicateSettings

#: Frames whose thumbnails are compared together: some tens of megabytes.
_BLOCK = 8192


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
    from neuropose_ray.curation.leaders import leaders_of

    representative = np.full(len(hashes), -1, np.int64)
    rows = np.flatnonzero(valid)
    if len(rows):
        keys = np.where(np.isnan(sharpness[rows]), -np.inf, sharpness[rows])
        order = rows[np.argsort(-keys, kind="stable")]
        leaders = leaders_of(np.ascontiguousarray(hashes[order], np.uint64), settings.hamming_threshold)
        members = np.bincount(leaders, minlength=len(order))
        representative[order] = np.where(members[leaders] > 1, order[leaders], -1)
    ids = {int(leader): f"{int(hashes[leader]):016x}" for leader in np.unique(representative[representative >= 0])}
    group_ids = tuple(ids.get(leader) for leader in representative.tolist())
    return Duplicates(group_ids, representative, _correlations(thumbnails, representative))


def _correlations(thumbnails: NDArray[np.uint8], representative: NDArray[np.int64]) -> NDArray[np.float32]:
    """Pearson's correlation of each frame's thumbnail with its representative's, NaN without one."""
    correlations = np.full(len(representative), np.nan, np.float32)
    members = np.flatnonzero(representative >= 0)
    for start in range(0, len(members), _BLOCK):
        rows = members[start : start + _BLOCK]
        own, lead = (_centred(thumbnails[block]) for block in (rows, representative[rows]))
        product = np.einsum("ij,ij->i", own, lead)
        norms = np.sqrt(np.einsum("ij,ij->i", own, own) * np.einsum("ij,ij->i", lead, lead))
        correlations[rows] = np.divide(product, norms, out=np.ones_like(product), where=norms > 0)
    return np.clip(correlations, -1, 1)


def _centred(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = thumbnails.astype(np.float32)
    return np.asarray(values - values.mean(1, keepdims=True), np.float32)
