"""Decoded pictures to upright RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.orientation import Orientation
from neuropose_ray.video.tone_mapping import HDR_TRANSFERS, ToneMap

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class UprightRGB:
    """Turns decoded pictures of one stream into upright RGB arrays of one size.

    Colour matrix and range are those that the frame states; libswscale, reused from frame to frame, measured two to
    four times faster than converting with OpenCV, which knows one matrix only. Pictures of high dynamic range look
    as a normal screen shows them.
    """

    def __init__(self, width: int, height: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._upright_size = (width, height)
        self._reformatter = VideoReformatter()
        self._orientation: Orientation | None = None
        self._tone_map: ToneMap | None = None

    def __call__(self, frame: VideoFrame) -> Frame:
        """``(height, width, 3)`` uint8, contiguous, not shared with the decoder.

        Raises:
            av.FFmpegError: the pixel format cannot be converted.
        """
        if self._orientation is None:
            self._orientation = Orientation.of(frame)
            self._tone_map = ToneMap(frame.color_trc) if frame.color_trc in HDR_TRANSFERS else None
        width, height = self._orientation.size(*self._upright_size)
        if self._tone_map is not None:
            deep = self._reformatter.reformat(frame, width=width, height=height, format="rgb48le", threads=1)
            return self._orientation.upright(self._tone_map(deep.to_ndarray().astype(np.uint16, copy=False)))
        # One thread: every core already has a worker.
        rgb = self._reformatter.reformat(frame, width=width, height=height, format="rgb24", threads=1)
        return self._orientation.upright(_as_array(rgb, shared=rgb is frame))


def _as_array(rgb: VideoFrame, *, shared: bool) -> Frame:
    """The pixels, copied only where the decoder still uses them or rows have padding."""
    array = rgb.to_ndarray().astype(np.uint8, copy=shared)
    return np.ascontiguousarray(array)
