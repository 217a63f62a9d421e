"""Batches of training windows."""

from __future__ import annotations

from dataclasses import dataclass

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
_MADE = 0.35
#: Share of windows without the pose model's own depth.
_WITHOUT_DEPTH = 0.3


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
