"""Where the frames of a chunk come from: a decoder beside the model, or one in another process."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Literal, Protocol

from neuropose_ray.errors import DecodeError
from neuropose_ray.pipeline.planning.plan import ChunkTask
from neuropose_ray.schemas.poses import Frame, Luma
from neuropose_ray.video import ChunkDecoder, Pictures, prefetch

#: What a chunk is at. ``wait`` is for something that has a limit of its own, as another chunk's turn at the model.
Stage = Literal["decode", "model", "measure", "wait", "write"]


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Some consecutive frames; a model may not write into them, they may lie in memory that others share.

    Attributes:
        timestamps_s: presentation times, ascending.
        images: one upright RGB picture ``(height, width, 3)`` uint8 for each time; empty where nobody wants colours.
        luma: one upright picture ``(height, width)`` uint8 for each time; empty where nobody wants it.
    """

    timestamps_s: Sequence[float]
    images: Sequence[Frame]
    luma: Sequence[Luma] = ()

    def last(self, frames: int) -> FrameBatch:
        """The last ``frames`` of them."""
        left_out = len(self.timestamps_s) - frames
        return FrameBatch(self.timestamps_s[left_out:], self.images[left_out:], self.luma[left_out:])


class FrameSource(Protocol):
    """The frames of one chunk, once, after some that lead into it."""

    #: What the chunk is at while its frames are awaited.
    stage: Stage

    def batches(self, size: int, *, lead_in: int = 0) -> Generator[FrameBatch, None, None]:
        """All frames in order, ``size`` at a time; the last batch may be smaller.

        Args:
            size: frames of a batch.
            lead_in: frames before the chunk that come first, as far as there are so many.
        """
        ...

    @property
    def errors(self) -> tuple[DecodeError, ...]:
        """What could not be decoded; known once all batches were taken."""
        ...


class LocalFrames:
    """Frames decoded here: by a thread ahead of the model, or, of luma alone, when they are asked for."""

    stage: Stage = "decode"

    def __init__(self, task: ChunkTask, *, threads: int) -> None:
        self._task, self._threads = task, threads
        self._errors: tuple[DecodeError, ...] = ()

    def batches(self, size: int, *, lead_in: int = 0) -> Generator[FrameBatch, None, None]:
        """All frames in order; beside the batch that the model has, two are decoded or in the making.

        Whole batches change hands: two threads that pass each other every single frame spend more on waking up than
        small frames take to decode. Luma alone is decoded by whoever measures it: measuring takes a fraction of the
        time of decoding, and on the same core it finds the frames in the caches.

        Raises:
            InputError: the video can no longer be opened.
        """
        pictures = self._task.pictures
        decoder = ChunkDecoder(
            self._task.video.info,
            self._task.chunk,
            threads=self._threads,
            lead_in=lead_in,
            pictures=pictures,
            unseen_s=self._task.video.unseen_s() if pictures == "rgb" else frozenset(),
        )
        made = _batched(decoder, size, pictures)
        with closing(made if pictures == "luma" else prefetch(made, depth=3)) as batches:
            yield from batches
        self._errors = decoder.errors

    @property
    def errors(self) -> tuple[DecodeError, ...]:
        """What could not be decoded."""
        return self._errors


def _batched(decoder: ChunkDecoder, size: int, pictures: Pictures) -> Generator[FrameBatch, None, None]:
    frames = decoder.frames()
    while batch := list(islice(frames, size)):
        images = [frame.image for frame in batch] if pictures != "luma" else []
        luma = [frame.luma for frame in batch] if pictures != "rgb" else []
        yield FrameBatch([frame.timestamp_s for frame in batch], images, luma)
