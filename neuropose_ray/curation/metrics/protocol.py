"""The protocols of metrics: what they may look at, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from neuropose_ray.curation.metrics.bars import ContentBox, content_box
from neuropose_ray.schemas.poses import Luma as Luma
from neuropose_ray.schemas.typed_columns import Column

#: Pixels of the longer side of the picture from which thumbnails are made.
REDUCED_SIZE = 640
#: Pixels of each side of the thumbnail by which neighbouring frames are compared.
THUMBNAIL_SIDE = 64


@dataclass(frozen=True)
class FrameContext:
    """One frame, as a metric sees it; what several metrics need of it is computed once.

    Attributes:
        luma: ``(height, width)`` uint8.
        frame: the position in the video.
        timestamp_s: the presentation time.
    """

    luma: Luma
    frame: int
    timestamp_s: float

    @cached_property
    def reduced(self) -> Luma:
        """The whole frame with at most 640 pixels on its longer side."""
        return at_most(self.luma, REDUCED_SIZE)

    @cached_property
    def sampled(self) -> Luma:
        """About as many pixels of the frame as :attr:`reduced` has, as they are: evenly spaced rows, a view."""
        return self.luma[:: max(1, round(max(self.luma.shape) / REDUCED_SIZE)) ** 2]

    @cached_property
    def content(self) -> ContentBox:
        """Where the frame is without black bars at its edges."""
        return content_box(self.reduced)

    @cached_property
    def thumbnail(self) -> Luma:
        """The whole frame, ``(64, 64)``, each pixel the mean of the area that it covers."""
        return thumbnail_of(self.reduced)


def thumbnail_of(picture: Luma) -> Luma:
    """A picture as :attr:`FrameContext.thumbnail` has it."""
    # The mean over areas of odd sizes is slow, so it is taken of few pixels.
    return area_mean(at_most(picture, REDUCED_SIZE // 4), THUMBNAIL_SIDE, THUMBNAIL_SIDE)


def at_most(luma: Luma, size: int) -> Luma:
    """The picture with ``size`` pixels on its longer side, or as it is where that is not longer.

    Halved as often as it goes, which is quick and exact, then interpolated by a factor of less than two, so that
    every pixel still counts; the mean over areas of odd sizes would take fifteen times as long.
    """
    import cv2

    while max(luma.shape) >= 2 * size and min(luma.shape) > 1:
        height, width = luma.shape[0] // 2, luma.shape[1] // 2
        luma = area_mean(luma[: 2 * height, : 2 * width], width, height)
    height, width = luma.shape
    longer = max(height, width)
    if longer <= size:
        return luma
    shape = max(1, round(width * size / longer)), max(1, round(height * size / longer))
    return np.asarray(cv2.resize(luma, shape, interpolation=cv2.INTER_LINEAR), np.uint8)


def area_mean(luma: Luma, width: int, height: int) -> Luma:
    """A picture of another size, each pixel the mean of the area that it covers."""
    import cv2

    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


class Metric(Protocol):
    """A name, a version, and columns of the table of frames."""

    @property
    def name(self) -> str:
        """Names the metric in settings and keys."""
        ...

    @property
    def version(self) -> int:
        """Raised where the same frame gives other numbers: they are then measured again."""
        ...

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns that the metric fills."""
        ...


class FrameMetric(Metric, Protocol):
    """A metric of every frame by itself."""

    def observe(self, context: FrameContext) -> Mapping[str, Any]:
        """A value for each column, None where there is none."""
        ...


class PairMetric(Metric, Protocol):
    """A metric of two neighbouring frames of one size, by their thumbnails; null for the first of a video.

    Thumbnails at both ends of a chunk are kept, so that the numbers do not depend on where a video is cut.
    """

    def compare(self, previous: Luma, current: Luma) -> Mapping[str, Any]:
        """A value for each column, which goes to the later frame. Both thumbnails are ``(64, 64)``."""
        ...
