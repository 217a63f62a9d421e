"""Decoded pictures as the upright planes that an encoder takes, and as pixels to draw into in between.

Most videos are decoded to planes of 8 bits with half the resolution of colour, and so they are encoded. Through RGB
and back every pixel is computed twice. Here each sample of colour is repeated for its two by two pixels, in which is
drawn, and their mean is the sample again: what nobody draws over is encoded as it was decoded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.convert import UprightRGB
from neuropose_ray.video.orientation import Orientation
from neuropose_ray.video.tone_mapping import HDR_TRANSFERS

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: ``(height // 2 * 3, width)`` uint8: all of Y, then all of U, then all of V, each of these of half the height and
#: width, which are even.
Planes = NDArray[np.uint8]
_Plane = NDArray[np.uint8]

_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
# BT.709 and BT.601, limited range, 8 bits: the least value, and the spans of luma and of both colours.
_BLACK, _LUMA_SPAN, _GREY, _COLOUR_SPAN = 16.0, 219.0, 128.0, 224.0


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A rectangle of a picture of even size, in pixels; all of its edges are even.

    ``top`` and ``left`` are the first row and column, ``bottom`` and ``right`` those after the last.
    """

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def covering(
        cls, rows: tuple[float, float], columns: tuple[float, float], height: int, width: int
    ) -> PicturePart | None:
        """The smallest part that holds what of these pixels is in the picture; None where nothing is."""
        (top, bottom), (left, right) = (
            (max(0, math.floor(first) // 2 * 2), min(size, math.floor(last) // 2 * 2 + 2))
            for (first, last), size in ((rows, height), (columns, width))
        )
        return cls(top, bottom, left, right) if top < bottom and left < right else None

    @property
    def area(self) -> int:
        """Its pixels."""
        return (self.bottom - self.top) * (self.right - self.left)

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of an array with a value, or some, for each pixel; a view."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def of_colour(self, plane: _Plane) -> _Plane:
        """The part of U or V; a view."""
        return plane[self.top // 2 : self.bottom // 2, self.left // 2 : self.right // 2]


class YUVMatrix(IntEnum):
    """How Y, U and V are made of red, green and blue, in the codes of ITU-T H.273; the range is limited."""

    BT709 = 1
    BT601 = 6

    @property
    def of_rgb(self) -> NDArray[np.float64]:
        """``(3, 4)``: Y, U and V are this times R, G, B and 1, all of them 0 to 255 (ITU-R BT.709-6, 3 and 4)."""
        return _of_rgb(self)


@lru_cache
def _of_rgb(matrix: YUVMatrix) -> NDArray[np.float64]:
    red, blue = (0.2126, 0.0722) if matrix is YUVMatrix.BT709 else (0.299, 0.114)
    luma = np.array([red, 1 - red - blue, blue])
    u, v = (np.array([0, 0, 1]) - luma) / (2 - 2 * blue), (np.array([1, 0, 0]) - luma) / (2 - 2 * red)
    spans = np.array([_LUMA_SPAN, _COLOUR_SPAN, _COLOUR_SPAN]) / 255
    of_rgb = np.column_stack([np.stack([luma, u, v]) * spans[:, None], [_BLACK, _GREY, _GREY]])
    of_rgb.setflags(write=False)
    return of_rgb


#: By what a decoder states. Where it states nothing, libswscale and so the pose model take it for BT.601.
_MATRICES: Mapping[int, YUVMatrix] = MappingProxyType(
    {0: YUVMatrix.BT601, 1: YUVMatrix.BT709, 2: YUVMatrix.BT601, 5: YUVMatrix.BT601, 6: YUVMatrix.BT601}
)
# Formats of YUV with colours; grey ones and others are of full range, or it is not known of which.
_FORMATS = ("yuv4", "yuvj4", "nv12", "p010", "p210", "p410")


class UprightYUV:
    """Turns decoded pictures of one stream into upright planes of one size, one matrix, and limited range.

    Matrix and colours stay those of the file where it states BT.601, BT.709 or nothing. Whatever else there is, as
    pictures of high dynamic range, and of RGB, goes through the RGB that a normal screen shows.

    Args:
        width: of the upright picture, px; an odd last column is left out.
        height: of the upright picture, px; an odd last row is left out.

    Attributes:
        matrix: of all planes; known with the first picture.
    """

    def __init__(self, width: int, height: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._upright_size = (width, height)
        self._reformatter = VideoReformatter()
        self._rgb = UprightRGB(width, height)
        self._orientation: Orientation | None = None
        self._is_hdr = False
        self.matrix = YUVMatrix.BT709

    def __call__(self, frame: VideoFrame) -> Planes:
        """The planes of a picture, not shared with the decoder.

        Raises:
            av.FFmpegError: the pixel format cannot be converted.
        """
        if self._orientation is None:
            self._orientation = Orientation.of(frame)
            self._is_hdr = frame.color_trc in HDR_TRANSFERS
            self.matrix = self._stated_matrix(frame) or self.matrix
        width, height = self._orientation.size(*self._upright_size)
        is_turned = self._orientation != Orientation()
        # A turn of odd sizes would move colours against luma by a pixel.
        shifts = is_turned and bool(width % 2 or height % 2)
        if shifts or self._stated_matrix(frame) is not self.matrix:
            return planes_of_rgb(self._rgb(frame), self.matrix)
        if (frame.format.name, frame.width, frame.height) != ("yuv420p", width, height):
            frame = self._reformatter.reformat(frame, width=width, height=height, format="yuv420p", threads=1)
        sides = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
        parts = [_plane(frame, place, *size) for place, size in enumerate(sides)]
        if frame.color_range == _FULL_RANGE:
            parts = [_limited(part, luma=place == 0) for place, part in enumerate(parts)]
        if is_turned:
            parts = [self._orientation.upright(part) for part in parts]
        planes = np.empty((self._upright_size[1] // 2 * 3, self._upright_size[0] // 2 * 2), np.uint8)
        for plane, part in zip(_split(planes), parts, strict=True):
            plane[:] = part[: len(plane), : plane.shape[1]]
        return planes

    def _stated_matrix(self, frame: VideoFrame) -> YUVMatrix | None:
        """None where there are no planes that a normal screen would show."""
        is_yuv = frame.format.name.startswith(_FORMATS) and not self._is_hdr
        return _MATRICES.get(frame.colorspace) if is_yuv else None


def planes_of_rgb(rgb: Frame, matrix: YUVMatrix) -> Planes:
    """The planes of RGB ``(height, width, 3)``, without an odd last row or column."""
    import cv2

    height, width = rgb.shape[0] // 2 * 2, rgb.shape[1] // 2 * 2
    pixels = np.asarray(cv2.transform(np.ascontiguousarray(rgb[:height, :width]), matrix.of_rgb), np.uint8)
    return planes_of(pixels)


def planes_of(pixels: Frame, planes: Planes | None = None, parts: Sequence[PicturePart] | None = None) -> Planes:
    """The planes of Y, U and V of every pixel.

    Args:
        pixels: ``(height, width, 3)`` uint8, of even size.
        planes: where they are written, None for memory of their own.
        parts: what of them is written; None for all.
    """
    import cv2

    height, width = pixels.shape[:2]
    planes = np.empty((height // 2 * 3, width), np.uint8) if planes is None else planes
    luma, *colours = _split(planes)
    for part in _whole(luma) if parts is None else parts:
        few = part.of(pixels)
        cv2.extractChannel(few, 0, part.of(luma))
        coarse = cv2.resize(few, (few.shape[1] // 2, len(few) // 2), interpolation=cv2.INTER_AREA)
        u, v = map(part.of_colour, colours)
        cv2.split(coarse, [np.empty_like(u), u, v])
    return planes


class PixelBuffer:
    """Y, U and V of every pixel of a picture, to draw into.

    They are in the same memory for all pictures: new memory would take longer than what is written into it.

    Args:
        height: even, px.
        width: even, px.

    Attributes:
        pixels: ``(height, width, 3)`` uint8.
    """

    def __init__(self, height: int, width: int) -> None:
        self.pixels = np.empty((height, width, 3), np.uint8)

    def filled(self, planes: Planes, parts: Sequence[PicturePart] | None = None) -> Frame:
        """The pixels of planes, which the next ones overwrite.

        Args:
            planes: of a picture.
            parts: what of the picture is wanted; all else is left as it was. None for all of it.
        """
        luma, *colours = _split(planes)
        for part in _whole(luma) if parts is None else parts:
            pixels = part.of(self.pixels)
            pixels[..., 0] = part.of(luma)
            for place, plane in enumerate(map(part.of_colour, colours), 1):
                for row, column in product((0, 1), (0, 1)):
                    pixels[row::2, column::2, place] = plane
        return self.pixels


def _whole(luma: _Plane) -> list[PicturePart]:
    height, width = luma.shape
    return [PicturePart(0, height, 0, width)]


def _split(planes: Planes) -> list[_Plane]:
    """Y, U and V as views."""
    height, width = len(planes) // 3 * 2, planes.shape[1]
    return [planes[:height], *planes[height:].reshape(2, height // 2, width // 2)]


def _plane(frame: VideoFrame, place: int, width: int, height: int) -> _Plane:
    """A plane as it lies in the decoder's memory."""
    plane: Any = frame.planes[place]
    rows: _Plane = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size].reshape(plane.height, -1)
    return rows[:height, :width]


def _limited(plane: _Plane, *, luma: bool) -> _Plane:
    """A plane of full range in limited range."""
    import cv2

    values = np.arange(256.0)
    limited = values * _LUMA_SPAN / 255 + _BLACK if luma else (values - _GREY) * _COLOUR_SPAN / 255 + _GREY
    return np.asarray(cv2.LUT(plane, np.rint(limited).astype(np.uint8)), np.uint8)
