"""Frames of one chunk in a batch of several, and what of the batch's poses is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import ModelError
from neuropose_ray.schemas.poses import Frame, Poses

if TYPE_CHECKING:
    from neuropose_ray.pipeline.chunks.shared_calls import ChunkShare


@dataclass(slots=True, eq=False)
class Portion:
    """Frames that were handed in together, or what is left of them.

    Attributes:
        share: of the chunk whose frames they are.
        frames: all of one size.
        places: what stands for each of them in the results.
        number: counts portions in the order in which they came.
        overtaken: batches that came after them and were called before.
    """

    share: ChunkShare
    frames: Sequence[Frame]
    places: NDArray[np.int64]
    number: int
    overtaken: int = 0

    def until(self, frames: int) -> Portion:
        """The first so many of them."""
        return replace(self, frames=self.frames[:frames], places=self.places[:frames])

    def after(self, frames: int) -> Portion:
        """All but the first so many."""
        return replace(self, frames=self.frames[frames:], places=self.places[frames:])


def parted(poses: Poses, batch: Sequence[Portion]) -> list[Poses]:
    """What a call saw in the frames of each portion, by their places.

    Raises:
        ModelError: there are poses of frames that were not in the call.
    """
    ends = np.cumsum([len(portion.frames) for portion in batch])
    if len(poses) and not 0 <= poses.frame.min() <= poses.frame.max() < ends[-1]:
        raise ModelError("the pose model gave poses of frames that it was not shown")
    parts = []
    for portion, end in zip(batch, ends.tolist(), strict=True):
        begin = end - len(portion.frames)
        rows = poses.take((poses.frame >= begin) & (poses.frame < end))
        parts.append(replace(rows, frame=portion.places[rows.frame - begin]))
    return parts
