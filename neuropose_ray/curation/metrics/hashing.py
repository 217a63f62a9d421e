"""A perceptual hash of 64 bits, the same as the ``phash`` of the package imagehash for the same 32 x 32 pixels.

The eight lowest frequencies of each axis of the cosine transform; a bit is set where the coefficient is above their
median, that of the mean brightness included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.metrics.bars import WHOLE
from neuropose_ray.curation.metrics.protocol import FrameContext, area_mean, thumbnail_of
from neuropose_ray.schemas.poses import Luma
from neuropose_ray.schemas.typed_columns import Column

HASH_SIDE = 32
_FREQUENCIES = 8
#: Standard deviation of the 32 x 32 pixels below which a picture is uniform: a fade, a covered lens. What is left of
#: its frequencies is noise, and pictures that have nothing in common would count as the same.
LEAST_CONTRAST = 4.0
#: Coefficients that ought to be equal, as those of a symmetric picture, differ by rounding; it must set no bit.
_DECIMALS = 3
_BITS = np.uint64(1) << np.arange(63, -1, -1, dtype=np.uint64)


class HashMetric:
    """The hash, and the pixels that it is of, by which two frames are compared more closely."""

    name = "perceptual_hash"
    version = 1
    columns: Mapping[str, Column] = MappingProxyType(
        {
            "phash": Column(type="uint64", description="perceptual hash; null for a uniform frame, which has none"),
            "thumb": Column(
                type="binary",
                description=f"{HASH_SIDE} x {HASH_SIDE} pixels of brightness, row by row, without black bars",
            ),
        }
    )

    def observe(self, context: FrameContext) -> Mapping[str, Any]:
        """The hash and its pixels."""
        thumbnail = context.thumbnail
        if context.content != WHOLE:
            thumbnail = thumbnail_of(context.content.crop(context.reduced))
        pixels = area_mean(thumbnail, HASH_SIDE, HASH_SIDE)
        return {"phash": perceptual_hash(pixels), "thumb": pixels.tobytes()}


def perceptual_hash(pixels: Luma) -> int | None:
    """The hash of ``(32, 32)`` pixels, the first bit the highest; None where they are uniform."""
    if standard_deviation(pixels) < LEAST_CONTRAST:
        return None
    values = pixels.astype(np.float64)
    basis = _cosines()
    coefficients = np.round(basis @ values @ basis.T, _DECIMALS).ravel()
    ordered = np.sort(coefficients)
    median = (ordered[31] + ordered[32]) / 2
    return int(_BITS[coefficients > median].sum())


def standard_deviation(pixels: Luma) -> float:
    """Of all pixels, out of sums of whole numbers, which takes a tenth of the time of NumPy's."""
    import cv2

    total, squares = int(cv2.sumElems(pixels)[0]), int(cv2.norm(pixels, cv2.NORM_L2SQR))
    return math.sqrt(squares * pixels.size - total * total) / pixels.size


@cache
def _cosines() -> NDArray[np.float64]:
    """``(8, 32)`` rows of the unnormalised cosine transform of type II, as SciPy has it."""
    frequency, sample = np.arange(_FREQUENCIES)[:, None], np.arange(HASH_SIDE)[None]
    return 2 * np.cos(np.pi * frequency * (2 * sample + 1) / (2 * HASH_SIDE))
