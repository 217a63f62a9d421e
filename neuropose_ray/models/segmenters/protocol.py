"""The protocol of a segmenter: which pixels are a person's."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Frame


class Segmenter(Protocol):
    """Finds the pixels of people whose boxes are known."""

    @property
    def name(self) -> str:
        """Names the segmenter and its weights in provenance."""
        ...

    def segment(self, frame: Frame, boxes: NDArray[np.floating]) -> NDArray[np.bool_]:
        """The pixels of each person.

        Args:
            frame: the picture.
            boxes: ``(people, 4)`` left, top, width, height in pixels.

        Returns:
            ``(people, height, width)``.

        Raises:
            ModelError: the network fails.
        """
        ...
