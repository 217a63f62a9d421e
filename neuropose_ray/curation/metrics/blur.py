"""Sharpness as the variance of the Laplacian.

J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000. The number
grows with the size of the picture, so it is measured on one whose longer side has a fixed length.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from neuropose_ray.curation.metrics.protocol import REDUCED_SIZE, FrameContext, at_most
from neuropose_ray.schemas.poses import Luma
from neuropose_ray.schemas.typed_columns import Column


class BlurMetric:
    """Variance of the Laplacian of the picture between black bars.

    Args:
        analysis_size: pixels of the longer side; a smaller picture stays as it is, since enlarging it would only
            blur it.
    """

    name = "blur"
    version = 1
    columns: Mapping[str, Column] = MappingProxyType(
        {"blur": Column(type="float32", description="variance of the Laplacian; small where nothing is sharp")}
    )

    def __init__(self, analysis_size: int) -> None:
        self._analysis_size = analysis_size

    def observe(self, context: FrameContext) -> Mapping[str, Any]:
        """The variance."""
        same = self._analysis_size == REDUCED_SIZE
        picture = context.reduced if same else at_most(context.luma, self._analysis_size)
        return {"blur": variance_of_laplacian(context.content.crop(picture))}


def variance_of_laplacian(luma: Luma) -> float:
    """The variance of the four-neighbour Laplacian over all pixels."""
    import cv2

    laplacian = cv2.Laplacian(luma, cv2.CV_16S)
    # The usual meanStdDev takes several times as long; both sums are of whole numbers, and exact.
    mean = cv2.sumElems(laplacian)[0] / laplacian.size
    return float(max(0.0, cv2.norm(laplacian, cv2.NORM_L2SQR) / laplacian.size - mean * mean))
