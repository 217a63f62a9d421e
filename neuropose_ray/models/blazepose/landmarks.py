"""Landmarks of people in rotated crops: refinement by heat map, back to the frame, mirrored averaging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models.blazepose.geometry import LANDMARK_SIDE, Regions
from neuropose_ray.models.blazepose.networks import LandmarkNetwork
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.skeletons import known_skeleton

SKELETON = known_skeleton("blazepose_33")
#: Points 33 and 34 of the network's 39 give the next frame's region; the rest beyond 33 are not used.
ALIGNMENT = slice(33, 35)
_WINDOW = np.arange(-3, 4)
_CHAIN = ("shoulder", "hip", "knee", "ankle")


def _mirror_partners() -> NDArray[np.int64]:
    swapped = [
        name.replace("left", "\0").replace("right", "left").replace("\0", "right") for name in SKELETON.joint_names
    ]
    return np.array([SKELETON.joint_names.index(name) for name in swapped] + list(range(33, 39)))


_PARTNERS = _mirror_partners()


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The network's output for each region.

    Attributes:
        pixels: ``(n, 39, 2)`` in the frame.
        world: ``(n, 39, 3)`` metres, origin mid-hip, axes of the upright frame (x right, y down, z forward).
        visibility: ``(n, 39)`` in 0..1.
        presence: ``(n,)`` person-present score in 0..1.
    """

    pixels: NDArray[np.float64]
    world: NDArray[np.float64]
    visibility: NDArray[np.float64]
    presence: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.presence)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Landmarks:
        """Some of the people."""
        return Landmarks(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def concatenate(cls, parts: Sequence[Landmarks]) -> Landmarks:
        """All people of all parts."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def replaced(self, rows: NDArray[np.bool_], by: Landmarks) -> Landmarks:
        """The same people, those of ``rows`` with new landmarks."""
        position = np.arange(len(self))
        position[rows] = len(self) + np.arange(len(by))
        return Landmarks.concatenate([self, by]).take(position)

    def next_regions(self) -> Regions:
        """The regions to look at in the next frame."""
        points = self.pixels[:, ALIGNMENT]
        return Regions.from_points(points[:, 0], points[:, 1])

    def stature_m(self) -> NDArray[np.float64]:
        """``(n,)`` metres from shoulder over hip and knee to ankle, mean of both sides: 1.2 to 1.3 of any person.

        The network gives every adult about the same size, so that other lengths say that it sees no whole body.
        """
        chain = np.array([[SKELETON.index(f"{side}_{part}") for part in _CHAIN] for side in ("left", "right")])
        return np.asarray(np.linalg.norm(np.diff(self.world[:, chain], axis=2), axis=-1).sum(-1).mean(-1))


class LandmarkFinder:
    """Runs the landmark network on all regions of a frame in one batch."""

    def __init__(self, network: LandmarkNetwork, mirror: bool) -> None:
        self._network, self._mirror = network, mirror

    def find(self, frame: Frame, regions: Regions) -> Landmarks:
        """Landmarks of every region, in the regions' order."""
        import cv2

        matrices = regions.crop_matrices()
        side = (LANDMARK_SIDE, LANDMARK_SIDE)
        crops = [cv2.warpAffine(frame, matrix, side, flags=cv2.INTER_LINEAR) for matrix in matrices]
        if self._mirror:
            crops += [crop[:, ::-1] for crop in crops]
        raw = self._network.run(np.stack(crops).astype(np.uint8, copy=False))
        points = refine_by_heatmap(raw["landmarks"][..., :2].astype(np.float64), raw["heatmaps"])
        world = raw["world"].astype(np.float64)
        visibility = 1 / (1 + np.exp(-np.clip(raw["landmarks"][..., 3].astype(np.float64), -100, 100)))
        presence = raw["presence"].astype(np.float64)
        if self._mirror:
            points, world, visibility, presence = average_mirrored(points, world, visibility, presence)
        return Landmarks(to_frame(points, matrices), to_upright(world, regions), visibility, presence)


def refine_by_heatmap(points: NDArray[np.float64], heatmaps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Points ``(n, 39, 2)`` in crop pixels, moved to the weighted mean of the 7 x 7 heat-map window around them.

    Only where the window's largest probability is at least one half, and only points inside the map
    (MediaPipe's refine_landmarks_from_heatmap). Heat maps are ``(n, 64, 64, 39)`` logits.
    """
    people, joints = points.shape[:2]
    side = heatmaps.shape[1]
    scale = LANDMARK_SIDE / side
    inside_map = np.isfinite(points) & (np.abs(points) < 4 * LANDMARK_SIDE)
    cells = np.where(inside_map, np.trunc(np.where(inside_map, points, 0) / scale), -1).astype(np.int64)
    x, y = (cells[..., axis, None] + _WINDOW for axis in (0, 1))
    inside = ((x >= 0) & (x < side))[..., None, :] & ((y >= 0) & (y < side))[..., :, None]
    logits = heatmaps[
        np.arange(people)[:, None, None, None],
        np.clip(y, 0, side - 1)[..., :, None],
        np.clip(x, 0, side - 1)[..., None, :],
        np.arange(joints)[None, :, None, None],
    ]
    weights = np.where(inside, 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100))), 0)
    total = np.maximum(weights.sum((-1, -2)), 1e-12)
    mean = np.stack([(weights.sum(-2) * x).sum(-1), (weights.sum(-1) * y).sum(-1)], -1) / total[..., None] * scale
    centre_inside = ((cells >= 0) & (cells < side)).all(-1)
    return np.where((centre_inside & (weights.max((-1, -2)) >= 0.5))[..., None], mean, points)


def average_mirrored(
    points: NDArray[np.float64],
    world: NDArray[np.float64],
    visibility: NDArray[np.float64],
    presence: NDArray[np.float64],
) -> tuple[NDArray[np.float64], ...]:
    """Means of the first half and the second, mirrored half of a batch, left and right exchanged back."""
    half = len(points) // 2
    flipped_points = points[half:, _PARTNERS] * (-1, 1) + (LANDMARK_SIDE - 1, 0)
    flipped_world = world[half:, _PARTNERS] * (-1, 1, 1)
    return (
        (points[:half] + flipped_points) / 2,
        (world[:half] + flipped_world) / 2,
        (visibility[:half] + visibility[half:, _PARTNERS]) / 2,
        (presence[:half] + presence[half:]) / 2,
    )


def to_frame(points: NDArray[np.float64], crop_matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Crop pixels back to frame pixels."""
    inverse = np.linalg.inv(crop_matrices[:, :, :2])
    return np.asarray(np.einsum("nij,nkj->nki", inverse, points - crop_matrices[:, None, :, 2]))


def to_upright(world: NDArray[np.float64], regions: Regions) -> NDArray[np.float64]:
    """World landmarks, turned like their crop, back to the upright frame."""
    cosine, sine = np.cos(regions.rotations)[:, None], np.sin(regions.rotations)[:, None]
    x, y = world[..., 0], world[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, world[..., 2]], -1)
