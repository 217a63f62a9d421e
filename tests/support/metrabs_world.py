"""What the stand-in for MeTRAbs sees and says: squares for people, real skeletons, poses by a known rule.

``expected_pose`` and ``expected_pixels`` are that rule in NumPy and OpenCV, for tests to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuropose_ray.schemas.camera import Camera

SQUARE_MM = 1000.0
"""How large a marker is in the world; its size in pixels thus gives its distance."""

MM_PER_AUGMENTATION = 1.0
MM_PER_ANTIALIASING = 100.0
"""Each further crop and each further antialiasing step moves a person away, so that a test sees both arrive."""

IMPLAUSIBLE_BELOW_PX = 8
BROKEN_BELOW_PX = 4
"""Smaller squares give a pose that the plausibility filter drops, still smaller ones coordinates that are NaN."""


@dataclass(frozen=True)
class Marker:
    """A colour that the stand-in's detector takes for a person."""

    rgb: tuple[int, int, int]
    score: float
    only_mirrored: bool = False


RED = Marker((255, 0, 0), 0.9)
YELLOW = Marker((255, 255, 0), 0.6)
CYAN = Marker((0, 255, 255), 0.5, only_mirrored=True)
MARKERS = (RED, YELLOW, CYAN)
"""In the order of their scores. In BGR, red would be blue, which is nobody."""

_HUMAN36M = "pelv rhip rkne rank lhip lkne lank spin neck head htop lsho lelb lwri rsho relb rwri"
_COCO = "neck nose pelv lsho lelb lwri lhip lkne lank rsho relb rwri rhip rkne rank leye lear reye rear"
_SMPL = (
    "pelv lhip rhip spi1 lkne rkne spi2 lank rank spi3 ltoe rtoe neck lcla rcla head lsho rsho lelb relb lwri rwri "
    "lhan rhan"
)
_BERKELEY = (
    "head lhead rhead rback backl backt lback lside bell chest rside lsho1 lsho2 larm lelb lwri lhan1 lhan2 lhan3 "
    "rsho1 rsho2 rarm relb rwri rhan1 rhan2 rhan3 lhipb lhipf lhipl lleg lkne lank lhee lfoo rhipb rhipf rhipl rleg "
    "rkne rank rhee rfoo"
)
JOINT_NAMES = {
    "smpl_24": tuple(_SMPL.split()),
    "h36m_17": tuple(_HUMAN36M.split()),
    "coco_19": tuple(_COCO.split()),
    "berkeley_mhad_43": tuple(_BERKELEY.split()),
}
_EDGES = {
    "smpl_24": "1-4 1-0 2-5 2-0 3-6 3-0 4-7 5-8 6-9 7-10 8-11 9-12 12-13 12-14 12-15 13-16 14-17 16-18 17-19 18-20 "
    "19-21 20-22 21-23",
    "h36m_17": "9-10 9-8 6-5 12-11 12-13 4-5 4-0 11-8 8-14 8-7 0-1 0-7 3-2 15-14 15-16 1-2",
    "coco_19": "8-7 16-15 4-3 4-5 15-1 6-7 6-2 3-0 0-1 0-2 0-9 1-17 2-12 14-13 18-17 10-9 10-11 12-13",
    "berkeley_mhad_43": "0-2 0-1 11-19 19-20 11-12 20-21 12-13 21-22 13-14 22-23 14-15 23-26 15-18 23-24 15-16 23-25 "
    "15-17 27-35 35-37 27-29 36-37 28-29 36-38 28-30 38-39 30-31 39-40 31-32 40-41 32-33 41-42 33-34 8-10 7-8 10-36 "
    "7-28 8-9 3-4 4-6 3-35 6-27 4-5",
}
EDGES = {
    name: tuple((int(a), int(b)) for a, b in (edge.split("-") for edge in edges.split()))
    for name, edges in _EDGES.items()
}

# As in the real model, every skeleton is a selection from one list of joints; "" stands for all of them.
_FIRST_JOINT = dict(zip(JOINT_NAMES, np.cumsum([0, *map(len, JOINT_NAMES.values())]).tolist(), strict=False))
INDICES = {name: range(_FIRST_JOINT[name], _FIRST_JOINT[name] + len(names)) for name, names in JOINT_NAMES.items()}
ALL_NAMES = [f"{joint}_{skeleton}" for skeleton, names in JOINT_NAMES.items() for joint in names]
ALL_EDGES = [(a + _FIRST_JOINT[name], b + _FIRST_JOINT[name]) for name, edges in EDGES.items() for a, b in edges]
# Offsets from the square's centre in mm: to the right, up, and away from the camera; no two joints share one.
_JOINT = np.arange(len(ALL_NAMES))
OFFSETS = np.stack([7 * (_JOINT % 13) - 42, 6 * _JOINT - 300, 5 * (_JOINT % 11) - 25], axis=1).astype(np.float32)

Box = tuple[float, float, float, float]


def paint(frame: npt.NDArray[np.uint8], marker: Marker, box: tuple[int, int, int, int]) -> None:
    """Put a person into an RGB frame; ``box`` is left, top, width, height in pixels."""
    left, top, width, height = box
    frame[top : top + height, left : left + width] = marker.rgb


def expected_pose(
    box: Box, camera: Camera, skeleton: str, *, up: tuple[float, float, float] = (0, -1, 0),
    num_aug: int = 5, antialias_factor: int = 1,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """``(joints, 3)`` mm in camera axes for the person in ``box``, ``up`` in camera axes as well."""
    left, top, width, height = box
    depth = camera.focal_x * SQUARE_MM / np.sqrt(width * height)
    ray = np.linalg.inv(camera.matrix) @ [left + width / 2, top + height / 2, 1]
    right, vertical, away = OFFSETS[list(INDICES[skeleton])].T.astype(np.float64)
    pose = ray * depth + vertical[:, None] * np.array(up) / np.linalg.norm(up)
    away = away + MM_PER_AUGMENTATION * (num_aug - 1) / 2 + MM_PER_ANTIALIASING * (antialias_factor - 1)
    return pose + np.stack([right, np.zeros_like(right), away], axis=1)


def expected_pixels(pose: npt.NDArray[np.float64], camera: Camera) -> npt.NDArray[np.float64]:
    """``(joints, 2)``: the pose through the lens, by OpenCV."""
    import cv2

    distortion = np.array(camera.distortion or (0.0,) * 5)
    return cv2.projectPoints(pose, np.zeros(3), np.zeros(3), camera.matrix, distortion)[0][:, 0]
