"""Decoded pictures to upright luma: what frames are measured on, whether or not anybody wants their colours.

Of a video it is the Y plane, expanded to full range where it is of limited range; of a JPEG, what a grey read gives.
Neither goes through RGB, so that the numbers are those of the file, and of one decode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import VideoError
from neuropose_ray.schemas.poses import Frame, Luma
from neuropose_ray.video.orientation import Orientation

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

# ITU-T H.273: luma of limited range is 16 to 235 in 8 bits.
_BLACK, _RANGE = 16, 219
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_JPEG_START = b"\xff\xd8\xff"


class UprightLuma:
    """Turns decoded pictures of one stream into upright luma of one size and full range.

    Args:
        width: of the upright picture, px.
        height: of the upright picture, px.
    """

    def __init__(self, width: int, height: int) -> None:
        self._upright_size = (width, height)
        self._reformatter: VideoReformatter | None = None
        self._orientation: Orientation | None = None

    def __call__(self, frame: VideoFrame) -> Luma:
        """``(height, width)`` uint8, contiguous, not shared with the decoder.

        Raises:
            av.FFmpegError: the pixel format cannot be converted.
        """
        if self._orientation is None:
            self._orientation = Orientation.of(frame)
        width, height = self._orientation.size(*self._upright_size)
        if (frame.width, frame.height) != (width, height):
            frame = self._reformatted(frame, width, height, frame.format.name)
        plane = _plane(frame)
        if plane is None:
            rgb = self._reformatted(frame, width, height, "rgb24").to_ndarray().astype(np.uint8, copy=False)
            return self._orientation.upright(grey_of(rgb))
        return self._orientation.upright(_full_range(plane, frame))

    def _reformatted(self, frame: VideoFrame, width: int, height: int, pixel_format: str) -> VideoFrame:
        from av.video.reformatter import VideoReformatter

        self._reformatter = self._reformatter or VideoReformatter()
        return self._reformatter.reformat(frame, width=width, height=height, format=pixel_format, threads=1)


def _plane(frame: VideoFrame) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    """The Y plane ``(height, width)`` as it lies in the decoder's memory; None where luma has no plane of its own."""
    pixels = frame.format
    first = pixels.components[0]
    alone = [component for component in pixels.components if component.plane == first.plane]
    has_plane = first.is_luma and len(alone) == 1 and not pixels.is_rgb and pixels.name != "pal8"
    if not has_plane or pixels.is_big_endian or pixels.name.startswith(("mono", "p0", "p2", "p4", "x")):
        return None
    plane: Any = frame.planes[0]
    rows: NDArray[np.uint8] = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    if first.bits == 8:
        return rows[:, : frame.width]
    deep: NDArray[np.uint16] = rows.view(np.uint16)
    return deep[:, : frame.width]


def _full_range(plane: NDArray[np.uint8] | NDArray[np.uint16], frame: VideoFrame) -> Luma:
    """8-bit luma of full range in memory of its own."""
    import cv2

    is_full = frame.color_range == _FULL_RANGE or frame.format.name.startswith(("yuvj", "gray"))
    levels = 1 << (frame.format.components[0].bits - 8)
    if plane.dtype == np.uint8:
        if is_full:
            return plane.astype(np.uint8)
        return np.asarray(cv2.convertScaleAbs(cv2.subtract(plane, _BLACK), alpha=255 / _RANGE), np.uint8)
    values = np.arange(256 * levels, dtype=np.float64)
    full = values * 255 / (256 * levels - 1) if is_full else (values / levels - _BLACK) * 255 / _RANGE
    table = np.clip(np.rint(full), 0, 255).astype(np.uint8)
    return table[np.minimum(plane, len(table) - 1)]


def grey_of(rgb: Frame) -> Luma:
    """Luma ``(height, width)`` of RGB ``(height, width, 3)``, both of full range (ITU-R BT.601)."""
    import cv2

    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)


def has_own_luma(content: NDArray[np.uint8]) -> bool:
    """Whether a picture file keeps luma by itself, so that a grey read spares half of the work: a JPEG does.

    Args:
        content: ``(bytes,)`` uint8 of the file.
    """
    return bool(content[:3].tobytes() == _JPEG_START)


def decode_luma(content: NDArray[np.uint8], where: str) -> Luma:
    """The bytes of a JPEG as upright luma; EXIF orientation is applied.

    Args:
        content: ``(bytes,)`` uint8.
        where: names the picture in errors.

    Raises:
        VideoError: it is not an image.
    """
    import cv2

    try:
        luma = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # sizes beyond what the decoder allows
        luma = None
    if luma is None:
        raise VideoError("the image cannot be decoded", where=where, hint="save it again as JPEG or PNG")
    return np.asarray(luma, np.uint8)
