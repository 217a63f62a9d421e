"""Motion between neighbouring frames, by their thumbnails.

The mean over the whole picture says little: somebody who walks through a room changes few pixels of it, and the mean
stays below that of a flickering lamp. What moves is seen where the difference is largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from neuropose_ray.curation.metrics.protocol import THUMBNAIL_SIDE
from neuropose_ray.schemas.poses import Luma
from neuropose_ray.schemas.typed_columns import Column

#: The cells of the thumbnail that decide, one of a hundred: about those that a person 10 m away covers.
_CELLS = THUMBNAIL_SIDE * THUMBNAIL_SIDE // 100


class MotionMetric:
    """Absolute differences of neighbouring thumbnails, where they are largest."""

    name = "motion"
    version = 1
    columns: Mapping[str, Column] = MappingProxyType(
        {
            "motion": Column(
                type="float32",
                description="difference to the frame before, 0..1: the mean over the hundredth of the picture that "
                "changes most; null without such a frame",
            ),
        }
    )

    def compare(self, previous: Luma, current: Luma) -> Mapping[str, Any]:
        """The mean of the largest differences."""
        import cv2

        differences = np.partition(cv2.absdiff(previous, current).ravel(), -_CELLS)[-_CELLS:]
        return {"motion": int(differences.sum(dtype=np.int64)) / (255 * _CELLS)}
