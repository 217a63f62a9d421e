"""Finding people: detector outputs to regions of interest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models.blazepose.geometry import DETECTOR_SIDE, Regions, View, detector_anchors
from neuropose_ray.models.blazepose.networks import DetectorNetwork
from neuropose_ray.schemas.poses import Frame

#: Boxes that overlap more than this are one person (MediaPipe's value).
SAME_BOX_OVERLAP = 0.3
#: Two finds nearer than this share of the larger region's side, hip to hip, are one person seen in two views.
SAME_HIP_DISTANCE = 0.12


class PersonDetector:
    """Looks at square views of a frame and gives regions that may hold a person."""

    def __init__(self, network: DetectorNetwork, threshold: float) -> None:
        self._network, self._threshold = network, threshold
        self._anchors = detector_anchors()

    def find(self, frame: Frame, view: View) -> Regions:
        """Regions in pixels of the frame, the surest first."""
        import cv2

        side = (DETECTOR_SIDE, DETECTOR_SIDE)
        picture = cv2.warpAffine(frame, view.matrix, side, flags=cv2.INTER_LINEAR)
        boxes, logits = self._network.run(np.asarray(picture, np.uint8))
        points = people_in(boxes, logits, self._anchors, self._threshold)
        points = points * view.side + (view.left, view.top)
        return Regions.from_points(points[:, 0], points[:, 1])


def people_in(
    boxes: NDArray[np.float32], logits: NDArray[np.float32], anchors: NDArray[np.float32], threshold: float
) -> NDArray[np.float64]:
    """``(people, 2, 2)`` mid-hip and circle points in units of the input's side, the surest person first.

    Weighted non-maximum suppression: a kept box's points are the score-weighted mean over its cluster.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
    sure = scores >= threshold
    scores, values = scores[sure], boxes[sure].astype(np.float64) / DETECTOR_SIDE
    centres = values[:, :2] + anchors[sure]
    corners = np.concatenate([centres - values[:, 2:4] / 2, centres + values[:, 2:4] / 2], 1)
    points = values[:, 4:8].reshape(-1, 2, 2) + anchors[sure][:, None]
    people, rest = [], np.argsort(-scores, kind="stable")
    while len(rest):
        cluster = overlap(corners[rest[0]], corners[rest]) > SAME_BOX_OVERLAP
        members = rest[cluster]
        people.append(np.average(points[members], axis=0, weights=scores[members]))
        rest = rest[~cluster]
    return np.array(people).reshape(-1, 2, 2)


def overlap(candidate: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of a box with many, corners ``(x0, y0, x1, y1)``."""
    width = np.clip(np.minimum(candidate[2], many[:, 2]) - np.maximum(candidate[0], many[:, 0]), 0, None)
    height = np.clip(np.minimum(candidate[3], many[:, 3]) - np.maximum(candidate[1], many[:, 1]), 0, None)
    shared = width * height
    areas = (many[:, 2] - many[:, 0]) * (many[:, 3] - many[:, 1])
    union = (candidate[2] - candidate[0]) * (candidate[3] - candidate[1]) + areas - shared
    # A box overlaps itself wholly even where a wild output gives it no area; that ends the suppression loop.
    return np.where(np.all(many == candidate, axis=1), 1.0, shared / np.maximum(union, 1e-12))


def newcomers(candidates: Regions, known: Regions) -> Regions:
    """The found regions whose hips are near none of the known ones, nor near an earlier find."""
    chosen = known
    for row in range(len(candidates)):
        candidate = candidates.take(np.array([row]))
        apart = np.linalg.norm(chosen.centres - candidate.centres[0], axis=1)
        if not np.any(apart < SAME_HIP_DISTANCE * np.maximum(chosen.sizes, candidate.sizes[0])):
            chosen = Regions.concatenate([chosen, candidate])
    return chosen.take(np.arange(len(known), len(chosen)))
