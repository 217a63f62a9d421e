"""What a sequence fit asks of a depth prior, and what a prior answers: the terms on which the two meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ObservedPerson:
    """One person's track of ``T`` frames, ``L`` landmarks and ``D`` bones, as seen by one camera.

    Attributes:
        landmarks: names of :data:`neuropose_ray.schemas.skeleton.LANDMARKS`.
        bones: pairs of landmarks.
        times: ``(T,)`` seconds, ascending.
        segments: ``(T,)`` ascending; frames of different segments do not belong together.
        found: ``(T,)`` False where the person was not detected, and everything but the time is interpolated.
        directions: ``(T, L, 2)`` viewing directions ``X / Z, Y / Z``.
        confidences: ``(T, L)`` in 0..1.
        distance: ``(T,)`` metres along the camera's axis to the middle of the hips.
        bone_depths: ``(T, D)`` metres: how much farther the first end of a bone is than the second along the ray to
            the hips, as the pose model has it.
        height_m: the person's stature.
    """

    landmarks: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    times: Array
    segments: NDArray[np.intp]
    found: NDArray[np.bool_]
    directions: Array
    confidences: Array
    distance: Array
    bone_depths: Array
    height_m: float


@dataclass(frozen=True)
class DepthEstimate:
    """What a prior says of a track.

    Attributes:
        depths: ``(T, D)`` metres, for the bones that were asked for, along the ray to the hips.
        sigma: ``(T, D)`` metres, the mean absolute error that the prior expects of itself.
        exchanged: ``(T, 2)`` logarithm of how much likelier what is seen of the legs, of the arms, is with their
            right and left exchanged; above 0 the other way round is likelier.
    """

    depths: Array
    sigma: Array
    exchanged: Array


class DepthPrior(Protocol):
    """Something that knows how bodies lie in depth when it sees them move across a picture."""

    @property
    def version(self) -> str:
        """Name and digest, for records of what made a result."""
        ...

    def __call__(self, person: ObservedPerson) -> DepthEstimate:
        """What the prior expects, frame by frame."""
        ...
