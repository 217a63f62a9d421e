"""Exposure: how bright the pixels of a frame are, between black bars."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.metrics.protocol import FrameContext
from neuropose_ray.schemas.poses import Luma
from neuropose_ray.schemas.typed_columns import Column

#: Levels at and beyond which a pixel has lost its detail: compression moves black and white by one.
CLIPPED_LOW, CLIPPED_HIGH = 1, 254
#: Levels below and above which a pixel counts as under- and as overexposed.
UNDER_LEVEL, OVER_LEVEL = 25, 230

_PERCENTS = np.arange(101) / 100


class ExposureMetric:
    """Mean, percentiles, and the shares of dark, bright and clipped pixels, out of one histogram."""

    name = "exposure"
    version = 1
    columns: Mapping[str, Column] = MappingProxyType(
        {
            "luma_mean": Column(type="float32", description="mean brightness in 0..255"),
            "luma_percentiles": Column(
                type="list<uint8>",
                description="101 levels: the brightness that 0, 1, ... 100 % of the pixels reach at most",
            ),
            "under": Column(type="float32", description=f"share of the pixels darker than {UNDER_LEVEL}"),
            "over": Column(type="float32", description=f"share of the pixels brighter than {OVER_LEVEL}"),
            "clipped_low": Column(type="float32", description=f"share of the pixels at {CLIPPED_LOW} or below"),
            "clipped_high": Column(type="float32", description=f"share of the pixels at {CLIPPED_HIGH} or above"),
        }
    )

    def observe(self, context: FrameContext) -> Mapping[str, Any]:
        """All numbers of the histogram."""
        cumulative = np.cumsum(histogram(context.content.crop(context.sampled)))
        pixels = int(cumulative[-1])
        return {
            "luma_mean": (255 * pixels - int(cumulative[:-1].sum())) / pixels,
            "luma_percentiles": percentiles(cumulative),
            "under": int(cumulative[UNDER_LEVEL - 1]) / pixels,
            "over": 1 - int(cumulative[OVER_LEVEL]) / pixels,
            "clipped_low": int(cumulative[CLIPPED_LOW]) / pixels,
            "clipped_high": 1 - int(cumulative[CLIPPED_HIGH - 1]) / pixels,
        }


def histogram(luma: Luma) -> NDArray[np.int64]:
    """How many pixels have each of the 256 levels."""
    import cv2

    return np.asarray(cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel(), np.int64)


def percentiles(cumulative: NDArray[np.int64]) -> NDArray[np.uint8]:
    """``(101,)`` the lowest level at or below which 0, 1, ... 100 % of the pixels lie.

    Args:
        cumulative: ``(256,)`` pixels at or below each level.
    """
    needed = np.maximum(np.ceil(_PERCENTS * cumulative[-1] - 1e-6), 1)
    return np.asarray(np.searchsorted(cumulative, needed), np.uint8)
