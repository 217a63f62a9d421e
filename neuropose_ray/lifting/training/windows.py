"""Batches of training windows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import groupby, islice

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.features import network_inputs
from neuropose_ray.lifting.resampling import RATE
from neuropose_ray.lifting.training.bodies import with_other_bodies
from neuropose_ray.lifting.training.cameras import seen_by_cameras
from neuropose_ray.lifting.training.errors import observed
from neuropose_ray.lifting.training.motion_capture import MotionCapture
from neuropose_ray.lifting.training.movements import made_movements

Array = NDArray[np.float32]

#: Frames of a window: 2.4 s, most of what the network sees at once.
FRAMES = 48
#: Share of windows with made movements: without them squats and sitting people come out 80 mm wrong at the trunk.
_MADE = 0.38
#: Share of windows without the pose model's own depth.
_WITHOUT_DEPTH = 0.4
#: Batches that are drawn at once, which is cheaper, and how many such draws wait while the network learns.
_TOGETHER, _AHEAD = 4, 2


@dataclass(frozen=True)
class Batch:
    """What a step of training takes.

    Attributes:
        inputs: ``(count, frames, INPUTS)``.
        depths: ``(count, frames, 18)`` metres.
        exchanged: ``(count, frames, 2)`` 1 where the sides of legs, of arms, are exchanged.
        counts: ``(count, frames)`` 1 where the depths are to be learnt: not under exchanged sides.
        model_depths: ``(count, frames, 18)`` metres, the pose model's, for comparison.
    """

    inputs: Array
    depths: Array
    exchanged: Array
    counts: Array
    model_depths: Array

    def every(self, step: int, first: int) -> Batch:
        """The windows ``first``, ``first + step``, ..."""
        return Batch(*(getattr(self, field.name)[first::step] for field in fields(self)))


def draw_batch(random: np.random.Generator, capture: MotionCapture, count: int) -> Batch:
    """A batch of ``count`` windows that nobody has seen before."""
    made = random.binomial(count, _MADE)
    poses = np.concatenate([
        made_movements(random, made, FRAMES, RATE), capture.windows(random, count - made, FRAMES, RATE)
    ])  # fmt: skip
    seen = observed(random, seen_by_cameras(random, with_other_bodies(random, poses)), RATE)
    known = seen.found & (random.random((count, 1)) >= _WITHOUT_DEPTH)
    return Batch(
        inputs=network_inputs(seen.directions, seen.confidences, seen.distance, seen.model_depths, known),
        depths=seen.depths,
        exchanged=seen.exchanged.astype(np.float32),
        counts=np.asarray(~seen.exchanged.any(axis=-1), np.float32),
        model_depths=seen.model_depths,
    )


def drawn_ahead(capture: MotionCapture, count: int, seed: int, numbers: Iterable[int]) -> Iterator[Batch]:
    """Batches of ``count`` windows by their ascending numbers, drawn in another thread.

    A batch depends on the seed and its number alone, so that a training goes on anywhere with the same windows.
    """

    def draw(group: int) -> Batch:
        return draw_batch(np.random.default_rng((seed, group)), capture, count * _TOGETHER)

    groups = [(group, list(members)) for group, members in groupby(numbers, lambda number: number // _TOGETHER)]
    remaining = iter(groups)
    with ThreadPoolExecutor(1) as pool:
        drawn = deque((members, pool.submit(draw, group)) for group, members in islice(remaining, _AHEAD))
        while drawn:
            members, future = drawn.popleft()
            whole = future.result()
            drawn.extend((members, pool.submit(draw, group)) for group, members in islice(remaining, 1))
            for number in members:
                yield whole.every(_TOGETHER, number % _TOGETHER)
