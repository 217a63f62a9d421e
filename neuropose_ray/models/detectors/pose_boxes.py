"""The boxes of a pose model's people, already predicted: the detector that costs nothing."""

from __future__ import annotations

import numpy as np

from neuropose_ray.models.detectors.protocol import Detections
from neuropose_ray.schemas.poses import Frame, PoseTable


class PoseBoxDetector:
    """The boxes of predictions.

    Args:
        predictions: of the video whose frames are asked for.
        model: the name of the pose model.
    """

    def __init__(self, predictions: PoseTable, model: str) -> None:
        self.name = f"boxes of {model}"
        self._poses = predictions.poses

    def detect(self, frame: Frame, index: int) -> Detections:  # noqa: ARG002 - the frame was looked at before
        """The boxes of the frame's people; one without a box is left out."""
        first, last = np.searchsorted(self._poses.frame, [index, index + 1])
        boxes = self._poses.boxes[first:last].astype(np.float64)
        boxes = boxes[np.isfinite(boxes).all(1)]
        boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
        return Detections(boxes[:, :4], boxes[:, 4])
