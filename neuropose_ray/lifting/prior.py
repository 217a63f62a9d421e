"""The depth prior: networks that agree, for tracks of any frame rate, length, height and with gaps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.bones import BONES, MIRROR_SIGNS, MIRRORED_BONES
from neuropose_ray.lifting.features import mirrored, network_inputs
from neuropose_ray.lifting.network import REACH, Network, Outputs
from neuropose_ray.lifting.resampling import averaged_at, even_times, interpolated
from neuropose_ray.schemas.depth_prior import DepthEstimate, ObservedPerson
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.float64]

#: Metres; the height of the bodies on which the networks were trained.
TRAINED_HEIGHT_M = 1.70
#: How much the answer with the pose model's own depth counts beside the one without: it is better for trunk and legs,
#: and worse for arms and feet.
WITH_MODEL_DEPTH = 0.6
#: Metres that no answer is better than: joints of different definitions, bodies of other shapes.
LEAST_SIGMA_M = 0.015
#: Log-odds of exchanged sides in the training windows, 3.7 % of the frames: without them the network's own log-odds
#: are the logarithm of a likelihood ratio.
TRAINED_LOG_ODDS = -3.26
#: Radians from which a picture counts as rolled and is turned upright: the networks have seen few phones held askew.
_ROLLED = 0.30
#: Network frames worked at once, about a minute and a half, so that memory does not grow with a video.
BLOCK = 2048


@dataclass(frozen=True)
class LearntDepthPrior:
    """Several networks whose answers are averaged, also over the mirror image.

    Attributes:
        networks: trained apart.
        version: name and digest of their weights.
    """

    networks: tuple[Network, ...]
    version: str

    def __call__(self, person: ObservedPerson) -> DepthEstimate:
        """What the networks expect of a track, segment by segment."""
        parts = [
            self._segment(person, np.flatnonzero(person.segments == segment))
            for segment in np.unique(person.segments).tolist()
        ]
        whole = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
        known = [BONES.index(bone) for bone in person.bones]
        size = person.height_m / TRAINED_HEIGHT_M
        return DepthEstimate(whole[0][:, known] * size, whole[1][:, known] * size, whole[2])

    def _segment(self, person: ObservedPerson, frames: NDArray[np.intp]) -> tuple[Array, Array, Array]:
        """Depths and sigmas ``(n, 18)`` of a body of the trained height, and log-odds ``(n, 2)``."""
        times = person.times[frames]
        even = even_times(times)
        with_depth, without = _inputs(person, frames, even)
        depths, sigma, exchanged = self._answer(with_depth, without)
        return (
            interpolated(even, depths, times),
            interpolated(even, sigma, times),
            interpolated(even, exchanged, times),
        )

    def _answer(self, with_depth: NDArray[np.float32], without: NDArray[np.float32]) -> tuple[Array, Array, Array]:
        """Means over networks, mirror images, and answers with and without the pose model's depth."""
        weights = (WITH_MODEL_DEPTH, 1 - WITH_MODEL_DEPTH)
        answers = [
            (weight / 2, answer)
            for network in self.networks
            for weight, inputs in zip(weights, (with_depth, without), strict=True)
            for answer in (_blocks(network, inputs), _unmirrored(_blocks(network, mirrored(inputs))))
        ]
        share = np.array([weight for weight, _ in answers]) / len(self.networks)
        depths = np.stack([answer.depths for _, answer in answers]).astype(np.float64)
        mean = np.tensordot(share, depths, 1)
        expected = np.exp(np.tensordot(share, np.stack([answer.log_sigma for _, answer in answers]), 1))
        apart = np.sqrt(np.tensordot(share, (depths - mean) ** 2, 1))  # answers that differ know less than they say
        sigma = np.sqrt(expected**2 + apart**2 + LEAST_SIGMA_M**2)
        log_odds = np.tensordot(share, np.stack([answer.exchanged for _, answer in answers]), 1)
        exchanged = np.asarray(log_odds - TRAINED_LOG_ODDS)
        return mean, sigma, exchanged


def _inputs(
    person: ObservedPerson, frames: NDArray[np.intp], even: Array
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inputs ``(n, INPUTS)`` at even times, with and without the pose model's own depth."""
    size = TRAINED_HEIGHT_M / person.height_m
    count = len(frames)
    columns_of_landmarks = [LANDMARKS.index(name) for name in person.landmarks]
    directions = np.zeros((count, len(LANDMARKS), 2))
    directions[:, columns_of_landmarks] = _upright(person.directions[frames], person.found[frames], person.landmarks)
    confidences = np.zeros((count, len(LANDMARKS)))
    confidences[:, columns_of_landmarks] = person.confidences[frames]
    depths = np.zeros((count, len(BONES)))
    depths[:, [BONES.index(bone) for bone in person.bones]] = person.bone_depths[frames] * size
    columns = np.column_stack([
        directions.reshape(count, -1), confidences, depths, person.distance[frames] * size, person.found[frames],
    ])  # fmt: skip
    resampled = averaged_at(person.times[frames], columns, even).astype(np.float32)
    directions_even, confidences_even, depths_even, distance, found = np.split(
        resampled, np.cumsum([2 * len(LANDMARKS), len(LANDMARKS), len(BONES), 1]), axis=1
    )
    seen = found[:, 0] > 0.5
    arguments = (
        directions_even.reshape(len(even), len(LANDMARKS), 2),
        np.where(seen[:, None], confidences_even, 0),
        distance[:, 0],
        depths_even,
    )
    return network_inputs(*arguments, seen), network_inputs(*arguments, np.zeros(len(even), bool))


def _upright(directions: Array, found: NDArray[np.bool_], landmarks: tuple[str, ...]) -> Array:
    """Viewing directions ``(T, L, 2)``, turned about the camera's axis where it was rolled.

    Depths along the rays do not change by that. A camera is rolled as far as legs and trunk both lean to the same
    side on the median over time: sitting or bent people lean with one of them, or with both to different sides.
    """
    middles = [
        directions[:, [landmarks.index(f"right_{part}"), landmarks.index(f"left_{part}")]].mean(axis=1)
        for part in ("ankle", "hip", "shoulder")
    ]
    known = found if found.any() else np.ones(len(found), bool)
    legs, trunk = (np.median((upper - lower)[known], axis=0) for lower, upper in pairwise(middles))
    angles = [float(np.arctan2(x, -y)) for x, y in (legs, trunk)]
    roll = min(angles, key=abs) if angles[0] * angles[1] > 0 else 0.0
    if abs(roll) < _ROLLED:
        return directions
    sine, cosine = np.sin(roll), np.cos(roll)
    return np.asarray(directions @ np.array([[cosine, -sine], [sine, cosine]]))


def _blocks(network: Network, inputs: NDArray[np.float32]) -> Outputs:
    """The network's outputs, worked out in blocks that overlap by what a frame sees: the same as in one piece."""
    parts = []
    for start in range(0, len(inputs), BLOCK):
        first, last = max(0, start - REACH), min(len(inputs), start + BLOCK + REACH)
        out = network(inputs[first:last])
        kept = slice(start - first, start - first + min(BLOCK, len(inputs) - start))
        parts.append(Outputs(out.depths[kept], out.log_sigma[kept], out.exchanged[kept]))
    return Outputs(*(np.concatenate([getattr(part, name) for part in parts]) for name in Outputs.__annotations__))


def _unmirrored(answer: Outputs) -> Outputs:
    return Outputs(
        answer.depths[:, MIRRORED_BONES] * MIRROR_SIGNS, answer.log_sigma[:, MIRRORED_BONES], answer.exchanged
    )
