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
#: How far a detection may be off the landmarks' region: a share of its side, a factor's logarithm, radians. In any
#: pose near upright, detector and landmarks of a person differ by less than half of it; of lamps and of half-hidden
#: crowds by more, or the detector finds nothing.
AGREED_SHIFT, AGREED_SCALE, AGREED_TURN = 0.1, 0.35, 0.6


class PersonDetector:
    """Looks at square views of a frame and gives regions that may hold a person."""

    def __init__(self, network: DetectorNetwork, threshold: float) -> None:
        self._network, self._threshold = network, threshold
        self._anchors = detector_anchors()

    def find(self, frame: Frame, view: View, threshold: float | None = None) -> Regions:
        """Regions in pixels of the frame, the surest first; with another threshold where one is given."""
        import cv2

        side = (DETECTOR_SIDE, DETECTOR_SIDE)
        picture = cv2.warpAffine(frame, view.matrix, side, flags=cv2.INTER_LINEAR)
        boxes, logits = self._network.run(np.asarray(picture, np.uint8))
        points = people_in(boxes, logits, self._anchors, threshold or self._threshold)
        points = points * view.side + (view.left, view.top)
        return Regions.from_points(points[:, 0], points[:, 1])


def agrees(detections: Regions, region: Regions) -> bool:
    """Whether any of the detections is the person whom landmarks put into ``region``, one square."""
    if not len(detections):
        return False
    apart = np.linalg.norm(detections.centres - region.centres[0], axis=1) / region.sizes[0]
    scale = np.abs(np.log(np.maximum(detections.sizes, 1e-9) / region.sizes[0]))
    turned = np.abs((detections.rotations - region.rotations[0] + np.pi) % (2 * np.pi) - np.pi)
    return bool(np.any((apart < AGREED_SHIFT) & (scale < AGREED_SCALE) & (turned < AGREED_TURN)))


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


def overlap(box: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of a box with many, corners ``(x0, y0, x1, y1)``."""
    width = np.clip(np.minimum(box[2], many[:, 2]) - np.maximum(box[0], many[:, 0]), 0, None)
    height = np.clip(np.minimum(box[3], many[:, 3]) - np.maximum(box[1], many[:, 1]), 0, None)
    shared = width * height
    areas = (many[:, 2] - many[:, 0]) * (many[:, 3] - many[:, 1])
    union = (box[2] - box[0]) * (box[3] - box[1]) + areas - shared
    # A box overlaps itself wholly even where a wild output gives it no area; that ends the suppression loop.
    return np.where(np.all(many == box, axis=1), 1.0, shared / np.maximum(union, 1e-12))


def newcomers(detections: Regions, known: Regions) -> Regions:
    """The found regions whose hips are near none of the known ones, nor near an earlier find."""
    chosen = known
    for row in range(len(detections)):
        detection = detections.take(np.array([row]))
        apart = np.linalg.norm(chosen.centres - detection.centres[0], axis=1)
        if not np.any(apart < SAME_HIP_DISTANCE * np.maximum(chosen.sizes, detection.sizes[0])):
            chosen = Regions.concatenate([chosen, detection])
    return chosen.take(np.arange(len(known), len(chosen)))
