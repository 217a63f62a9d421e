"""Decoding one chunk of a video: upright RGB frames with true presentation times."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.errors import DecodeError
from neuropose_ray.video.container import DecodeErrors
from neuropose_ray.video.convert import UprightRGB
from neuropose_ray.video.images import decode_images
from neuropose_ray.video.luma import UprightLuma
from neuropose_ray.video.reader import PictureReader
from neuropose_ray.video.settings import VideoSettings
from neuropose_ray.video.timeline import REPEAT_STEP_S
from neuropose_ray.video.types import Chunk, DecodedFrame, Pictures, VideoInfo
from neuropose_ray.video.yuv import UprightYUV
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: Of what this room makes of a file: times, chunks, notes and pictures. Raised where any of them changes for a file
#: that was read before: it is part of the key of every chunk, so their poses are computed again.
DECODING_VERSION = 3

# Decoders give pictures in the order of display but for a few of streams that understate their reordering: so many
# pictures behind the chunk are looked at for one that belongs to it (H.264 and HEVC reorder over 16 at most).
_LATE_PICTURES = 16
# A refresh bit by bit is over within two distances of keyframes; more tries would only cost time in damaged files.
_KEYFRAMES_TRIED = 3


def decode_chunk(
    info: VideoInfo,
    chunk: Chunk,
    *,
    threads: int = VideoSettings().decode_threads,
    pictures: Pictures = "rgb",
) -> Iterator[DecodedFrame]:
    """The frames of a chunk; :class:`ChunkDecoder` also has the errors.

    Args:
        info: the probed video.
        chunk: which part of it.
        threads: threads of the decoder.
        pictures: what is made of each picture.

    Raises:
        InputNotFoundError: the video is no longer there.
        VideoError: it can no longer be opened.
    """
    return ChunkDecoder(info, chunk, threads=threads, pictures=pictures).frames()


class ChunkDecoder:
    """The frames of one chunk and, once they were taken, its errors.

    Args:
        info: the probed video.
        chunk: which part of it.
        threads: threads of the decoder.
        lead_in: frames before the chunk that are given too, as far as there are so many; their errors are not the
            chunk's.
        pictures: what is made of each picture.
        unseen_s: times of frames of a file whose pictures nobody looks at: they come black, which spares their
            conversion.
    """

    def __init__(
        self,
        info: VideoInfo,
        chunk: Chunk,
        *,
        threads: int = VideoSettings().decode_threads,
        lead_in: int = 0,
        pictures: Pictures = "rgb",
        unseen_s: frozenset[float] = frozenset(),
    ) -> None:
        self._info = info
        self._unseen_s = unseen_s
        self._black = np.broadcast_to(np.uint8(0), (info.height, info.width, 3))
        self._chunk = chunk
        self._first = max(0, chunk.first_frame - lead_in)
        self._start_s = chunk.start_s if self._first == chunk.first_frame else _start_s(info, self._first)
        self._threads = threads
        self._pictures: Pictures = pictures
        self._image_errors: list[DecodeError] = []
        self._decode_errors = DecodeErrors()
        self._delivered = 0

    def frames(self) -> Iterator[DecodedFrame]:
        """Decode, once: times ascend strictly, pictures are contiguous and the caller's own.

        Damaged packets are passed over and counted. All chunks of a video together give what decoding it in one
        go gives, pixel for pixel.

        Raises:
            InputNotFoundError: the video is no longer there.
            VideoError: it can no longer be opened.
        """
        if self._info.source.kind == "images":
            before = replace(self._chunk, first_frame=self._first, frames=self._chunk.first_frame - self._first)
            yield from decode_images(self._info, before, [], self._pictures)
            yield from decode_images(self._info, self._chunk, self._image_errors, self._pictures)
            return
        *earlier, last = self._keyframes()
        for keyframe in earlier:
            if (yield from self._from_keyframe(keyframe, must_be_complete=True)):
                return
        yield from self._from_keyframe(last, must_be_complete=False)

    @property
    def errors(self) -> tuple[DecodeError, ...]:
        """What could not be decoded: one error for damage, one for a file cut short, one for each image."""
        if self._info.source.kind == "images":
            return tuple(self._image_errors)
        return tuple(self._file_errors())

    def _file_errors(self) -> Iterator[DecodeError]:
        info, missing = self._info, max(0, self._chunk.frames - self._delivered)
        if self._decode_errors.packets or missing:
            yield self._missing(missing)
        if info.lost_frames and self._chunk.end_s == math.inf:
            what = f"its header promises {info.frame_count + info.lost_frames} frames; {info.frame_count} are in it"
            yield DecodeError(
                f"the file is cut short: {what}", where=str(info.source.path), hint="copy or record it again"
            )

    def _missing(self, missing: int) -> DecodeError:
        what = f"{missing} of {self._chunk.frames} frames from {max(0.0, self._chunk.start_s):.3f} s on are missing"
        if self._decode_errors.packets:
            what += f", {counted(self._decode_errors.packets, 'damaged packet')} ({self._decode_errors.reason})"
        hint = "frames up to the next keyframe may look damaged; copy or record the file again if that matters"
        return DecodeError(what, where=str(self._info.source.path), hint=hint)

    def _keyframes(self) -> list[int]:
        """Keyframes to start at, in the order in which they are tried.

        Mostly the keyframe at or before the first frame does. Streams that refresh the picture bit by bit have
        keyframes behind which the first pictures cannot be shown; there it takes an earlier one.
        """
        index = int(np.searchsorted(self._info.keyframes, self._first, side="right")) - 1
        return [int(key) for key in self._info.keyframes[: index + 1][-_KEYFRAMES_TRIED:][::-1]]

    def _from_keyframe(self, keyframe: int, *, must_be_complete: bool) -> Generator[DecodedFrame, None, bool]:
        """The frames, and True; or none, and False, where the first is missing though it must not be."""
        chunk = self._chunk
        reader = PictureReader(
            self._info, chunk, keyframe=keyframe, threads=self._threads, wanted_from_s=self._start_s
        )
        convert = _Conversion(self._info.width, self._info.height, self._pictures)
        self._decode_errors, self._delivered, given, late = reader.decode_errors, 0, 0, 0
        promised_s = self._info.timestamps_s[self._first] + REPEAT_STEP_S
        with closing(reader.pictures()) as pictures:
            for time_s, picture in pictures:
                if time_s >= chunk.end_s:
                    late += 1
                    if late > _LATE_PICTURES or self._delivered >= chunk.frames:
                        break
                elif time_s >= self._start_s:
                    if must_be_complete and not given and time_s > promised_s:
                        return False
                    frame = self._converted(convert, time_s, picture)
                    if frame is not None:
                        given += 1
                        self._delivered += time_s >= chunk.start_s
                        yield frame
        return given > 0

    def _converted(self, convert: _Conversion, time_s: float, picture: VideoFrame) -> DecodedFrame | None:
        import av

        if time_s in self._unseen_s:
            return DecodedFrame(time_s, self._black)
        try:
            return convert(time_s, picture)
        except av.FFmpegError as error:
            self._decode_errors.add(error)
            return None


class _Conversion:
    """Makes of decoded pictures of one stream what is asked for."""

    def __init__(self, width: int, height: int, pictures: Pictures) -> None:
        self._rgb = UprightRGB(width, height) if pictures in ("rgb", "both") else None
        self._luma = UprightLuma(width, height) if pictures in ("luma", "both") else None
        self._yuv = UprightYUV(width, height) if pictures == "planes" else None

    def __call__(self, time_s: float, picture: VideoFrame) -> DecodedFrame:
        image = np.empty((0, 0, 3), np.uint8) if self._rgb is None else self._rgb(picture)
        if self._yuv is not None:
            return DecodedFrame(time_s, image, planes=self._yuv(picture), matrix=self._yuv.matrix)
        return DecodedFrame(time_s, image) if self._luma is None else DecodedFrame(time_s, image, self._luma(picture))


def _start_s(info: VideoInfo, frame: int) -> float:
    """From when on pictures are given so that the first is ``frame``; a damaged file's first may come earlier."""
    return float(info.timestamps_s[frame]) if frame else -math.inf
