"""What is known before the fit, as the cost terms take it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.fitting.body import Body

Array = NDArray[np.float64]

#: Seconds; times that do not advance would make velocities infinite.
SHORTEST_STEP_S = 1e-3


@dataclass(frozen=True)
class Problem:
    """Observations and expectations for ``T`` frames of ``L`` landmarks, ``B`` bones, ``D`` of them with a depth.

    Attributes:
        body: landmarks and bones.
        times: ``(T,)`` seconds.
        segments: ``(T,)``; frames of different segments do not touch.
        image: ``(L, 2, T)`` viewing directions ``X / Z, Y / Z``.
        image_sigma: ``(T,)`` their noise, in the same unit.
        scores: ``(L, T)`` weights in 0..1.
        ray: ``(3, T)`` unit vector along which the model's depth runs.
        bone_depths: ``(D, T)`` metres, the model's or a prior's.
        depth_scores: ``(D, T)`` weights in 0..1.
        depth_sigma: ``(D, T)`` metres.
        depth_tolerance: sigmas from which a depth begins to lose its pull.
        contact: ``(L, T)`` whether a landmark stands on the ground from a frame to the next.
        lengths: ``(K,)`` expected metres of each bone kind, with ``lengths_sigma`` ``(K,)``.
        bone_sigma: ``(B,)`` metres.
    """

    body: Body
    times: Array
    segments: NDArray[np.intp]
    image: Array
    image_sigma: Array
    scores: Array
    ray: Array
    bone_depths: Array
    depth_scores: Array
    depth_sigma: Array
    depth_tolerance: float
    contact: NDArray[np.bool_]
    lengths: Array
    lengths_sigma: Array
    bone_sigma: Array

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def linked(self) -> NDArray[np.bool_]:
        """``(T - 1,)`` whether a frame and the next belong together."""
        return np.asarray(np.diff(self.segments) == 0)

    @cached_property
    def steps(self) -> Array:
        """``(T - 1,)`` seconds between frames; one second where they do not belong together."""
        return time_steps(self.times, self.segments)

    def take(self, frames: NDArray[np.intp], segments: NDArray[np.intp]) -> Problem:
        """Some of the frames, cut into new segments."""
        return replace(
            self,
            times=self.times[frames], segments=segments, image=self.image[..., frames],
            image_sigma=self.image_sigma[frames], scores=self.scores[:, frames], ray=self.ray[:, frames],
            bone_depths=self.bone_depths[:, frames], depth_scores=self.depth_scores[:, frames],
            depth_sigma=self.depth_sigma[:, frames],
            contact=self.contact[:, frames],
        )  # fmt: skip


def time_steps(times: Array, segments: NDArray[np.intp]) -> Array:
    """``(T - 1,)`` positive seconds between frames; one second between segments, where it has no meaning."""
    return np.where(np.diff(segments) == 0, np.maximum(np.diff(times), SHORTEST_STEP_S), 1.0)
