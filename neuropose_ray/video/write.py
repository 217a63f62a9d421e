"""Writing video that every browser plays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.settings import WriterSettings
from neuropose_ray.video.yuv import Planes, YUVMatrix

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from neuropose_ray.video.sound import Sound

# Ticks per second, as in MPEG transport: every usual frame rate is a whole number of them.
_CLOCK_HZ = 90_000
# What the fastest preset leaves out for a tenth of its time: it makes files a fifth smaller, and edges smooth.
_ALWAYS = "cabac=1:no-deblock=0"
# The encoder spreads its bits by this rate; the times of the frames are their own.
_NOMINAL_RATE = 30
# BT.709 and the range 16..235 in the codes of ITU-T H.273: what browsers take untagged video for.
_BT709, _LIMITED_RANGE = YUVMatrix.BT709, 1


class VideoWriter:
    """Writes frames with their own times as H.264 in MP4, seekable before it is wholly loaded.

    A context manager: the file appears under its name, whole, when the block ends well; when an exception leaves
    the block nothing is left. Frames of odd width or height lose their last column or row, since 4:2:0 keeps
    colour for blocks of two by two pixels.

    Raises:
        OutputError: on entering, writing or leaving: no space, no permission, a size that cannot be encoded, or
            not one frame.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        settings: WriterSettings | None = None,
        sound: Sound | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            path: the file to be made or replaced.
            width: pixels of every frame.
            height: pixels of every frame.
            settings: quality, speed and threads.
            sound: written beside the pictures, from the first to the end of the last; times are those of its source.
        """
        self._path = path
        self._width, self._height = width, height
        self._settings = settings or WriterSettings()
        self._sound = sound
        self._start_s = self._last_s = self._interval_s = 0.0
        self._last_tick = -1

    def __enter__(self) -> Self:
        import av
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self._path))
            stack.enter_context(_encoder_errors(self._path))
            container = av.open(f"file:{temporary}", "w", format="mp4", container_options={"movflags": "+faststart"})
            self._container = stack.enter_context(container)
            self._stream = container.add_stream(
                "libx264",
                rate=_NOMINAL_RATE,
                options={
                    "crf": str(self._settings.crf),
                    "preset": self._settings.preset,
                    "g": str(self._settings.keyframe_interval),
                    "x264-params": _ALWAYS,
                },
            )
            self._set_up_encoder()
            if self._sound is not None:
                self._sound.add_to(self._container)
            self._open = stack.pop_all()
        return self

    def write(self, image: Frame, timestamp_s: float) -> None:
        """Append one frame to the video.

        Args:
            image: ``(height, width, 3)`` RGB.
            timestamp_s: presentation time in seconds, later than that of the frame before; the file's times count
                from its first frame.
        """
        import av

        self._check_size(image, (self._height, self._width, 3))
        even = np.ascontiguousarray(image[: self._stream.height, : self._stream.width])
        self._encode(self._as_yuv(av.VideoFrame.from_ndarray(even, format="rgb24")), timestamp_s)

    def write_planes(self, planes: Planes, matrix: YUVMatrix, timestamp_s: float) -> None:
        """Append one frame as it is encoded, several times faster than one of RGB.

        Args:
            planes: of limited range.
            matrix: of the planes; that of the first frame is stated in the file.
            timestamp_s: as of :meth:`write`.
        """
        import av

        self._check_size(planes, (self._stream.height // 2 * 3, self._stream.width))
        if self._last_tick < 0:
            self._stream.codec_context.colorspace = matrix
        # PyAV takes the height of a buffer for a multiple of four, and copies arrays of any height.
        of_array = av.VideoFrame.from_ndarray if len(planes) % 6 else av.VideoFrame.from_numpy_buffer
        self._encode(of_array(planes, format="yuv420p"), timestamp_s)

    @staticmethod
    def _check_size(image: Frame, wanted: tuple[int, ...]) -> None:
        if image.shape != wanted:
            raise ValueError(f"a frame is {image.shape}, the video {wanted}")

    def _encode(self, frame: VideoFrame, timestamp_s: float) -> None:
        if self._last_tick < 0:
            self._start_s = timestamp_s
        else:
            self._interval_s = timestamp_s - self._last_s
        self._last_s = timestamp_s
        self._last_tick = max(self._last_tick + 1, round((timestamp_s - self._start_s) * _CLOCK_HZ))
        frame.pts, frame.time_base = self._last_tick, Fraction(1, _CLOCK_HZ)
        self._container.mux(self._stream.encode(frame))
        # Little by little, since the container stores what belongs together side by side.
        if self._sound is not None:
            self._sound.write_until(timestamp_s, start_s=self._start_s)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._open.__exit__(kind, error, trace)
            return
        with self._open:
            if self._last_tick < 0:
                raise OutputError("no frame was written", where=str(self._path))
            self._container.mux(self._stream.encode(None))
            if self._sound is not None:
                self._sound.write_until(self._last_s + self._interval_s, start_s=self._start_s)
                self._sound.finish()

    def _set_up_encoder(self) -> None:
        encoder = self._stream.codec_context
        encoder.width, encoder.height = self._width // 2 * 2, self._height // 2 * 2
        encoder.pix_fmt = "yuv420p"
        encoder.time_base = Fraction(1, _CLOCK_HZ)
        encoder.thread_count = self._settings.threads
        encoder.colorspace = encoder.color_primaries = encoder.color_trc = _BT709
        encoder.color_range = _LIMITED_RANGE

    def _as_yuv(self, rgb: VideoFrame) -> VideoFrame:
        return self._reformatter.reformat(
            rgb, format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED_RANGE, threads=1
        )


@contextmanager
def _encoder_errors(path: Path) -> Iterator[None]:
    """Raise refusals of the file system as OSError, for the caller to name, and the rest as the encoder's errors."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        if error.errno is not None and 0 < error.errno < 200:
            raise OSError(error.errno, os.strerror(error.errno)) from error
        raise OutputError(f"cannot be encoded ({error.strerror})", where=str(path)) from error
