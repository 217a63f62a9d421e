"""The pictures of a run's frames, for data sets and for models that look at single frames again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path, PurePath

import numpy as np

from neuropose_ray.errors import DecodeError, OutputError
from neuropose_ray.pipeline.inputs.source_record import find_video
from neuropose_ray.schemas.atomic import output_error
from neuropose_ray.schemas.labels import FrameLabels
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE
from neuropose_ray.video import Chunk, ChunkDecoder, DecodedFrame, VideoInfo, decode_image, probe

#: Times of the same frame differ by less.
_SAME_TIME_S = 1e-6
#: Frames that are decoded and passed over rather than to begin anew at a keyframe.
_PASSED_OVER = 64


class RunPictures:
    """Finds the video of each frame, and decodes it; frames of one video in their order are decoded once.

    Args:
        run: the output folder of a run or of a job, or the folder of one video in it.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._video: str | None = None
        self._info: VideoInfo
        self._frames: Iterator[DecodedFrame] = iter(())
        self._next = 0

    def image(self, labels: FrameLabels) -> Frame:
        """The picture of a frame, upright RGB.

        Raises:
            InputNotFoundError: the video is no longer where it was.
            DecodeError: it no longer gives this frame.
        """
        info = self._probed(labels.video)
        time_s = labels.timestamp_s
        position = int(np.searchsorted(info.timestamps_s, time_s - _SAME_TIME_S))
        if info.images or not self._next <= position <= self._next + _PASSED_OVER:
            end_s = time_s + _SAME_TIME_S if info.images else math.inf
            frames = 1 if info.images else info.frame_count - position
            chunk = Chunk(0, time_s - _SAME_TIME_S, end_s, min(position, info.frame_count - 1), frames)
            self._frames = ChunkDecoder(info, chunk).frames()
        self._next = position + 1
        for frame in self._frames:
            if frame.timestamp_s > time_s - _SAME_TIME_S:
                if frame.timestamp_s < time_s + _SAME_TIME_S:
                    return frame.image
                break
        self._video = None  # what comes next begins anew
        raise DecodeError(f"the frame at {time_s:.3f} s cannot be decoded", where=str(info.source.path))

    def write(self, labels: FrameLabels, path: Path) -> None:
        """Write the picture of a frame: the very file of a frame folder, if it is upright, else a file of its kind.

        Raises:
            InputError: as :meth:`image` says.
            OutputError: the file system refuses, or the kind cannot be written.
        """
        info = self._probed(labels.video)
        content = None
        if info.images:
            folder = info.source.path if info.source.path.is_dir() else info.source.path.parent
            content = _upright_file(folder / PurePath(labels.file_name).name)
        try:
            path.write_bytes(content if content is not None else _encoded(self.image(labels), path.suffix))
        except OSError as error:
            raise output_error(f"the picture cannot be written: {error.strerror}", error, str(path)) from error

    def _probed(self, video: str) -> VideoInfo:
        if self._video != video:
            folder = self._run if (self._run / PREDICTIONS_FILE).is_file() else self._run / video
            self._info = probe(find_video(folder))
            self._video, self._frames, self._next = video, iter(()), self._info.frame_count + 1
        return self._info


def _upright_file(path: Path) -> bytes | None:
    """The content of a picture's file; None where it cannot be read or viewers may not turn it as it is meant."""
    import cv2

    try:
        content = path.read_bytes()
    except OSError:
        return None
    if b"Exif" not in content:
        return content
    as_stored = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    upright = decode_image(np.frombuffer(content, np.uint8), str(path))
    is_upright = as_stored is None or np.array_equal(as_stored[..., ::-1], upright)
    return content if is_upright else None


def _encoded(image: Frame, suffix: str) -> bytes:
    import cv2

    try:
        done, content = cv2.imencode(suffix, image[..., ::-1])
    except cv2.error:
        done = False
    if not done:
        raise OutputError(f"pictures of the kind {suffix} cannot be written", hint="save them as JPEG or PNG first")
    return content.tobytes()
