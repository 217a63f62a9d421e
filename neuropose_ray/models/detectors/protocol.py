"""The protocol of a detector: people as boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Frame


@dataclass(frozen=True, slots=True)
class Detections:
    """People in one frame, the surest first.

    Attributes:
        boxes: ``(people, 4)`` float64, left, top, width, height in pixels of the upright frame.
        scores: ``(people,)`` float64 in 0..1.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)


class Detector(Protocol):
    """Finds people in frames."""

    @property
    def name(self) -> str:
        """Names the detector and its weights in provenance."""
        ...

    def detect(self, frame: Frame, index: int) -> Detections:
        """The people in one frame.

        Args:
            frame: the picture.
            index: its position in the video.

        Raises:
            ModelError: the network fails.
        """
        ...
