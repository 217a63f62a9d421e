"""Records of a video: its source, what probing found, its chunks, and decoded frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Frame, Luma
from neuropose_ray.video.yuv import Planes, YUVMatrix

#: What is made of a decoded picture: its colours, its luma, both, or the planes of a picture to be encoded.
Pictures = Literal["rgb", "luma", "both", "planes"]


@dataclass(frozen=True, slots=True)
class VideoSource:
    """Ordered frames somewhere: a file that a container library opens, or a folder of numbered images.

    ``fps`` is the time base of an image folder; a file brings its own times.
    """

    path: Path
    kind: Literal["file", "images"]
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class ImageFile:
    """The file of one picture, as it was when the video was probed; nobody has to read it again for this.

    Attributes:
        name: in its folder.
        size: bytes; None where the file cannot be read.
        mtime: seconds since 1970 of its last change; None where the file cannot be read.
        sha256: of its content, hexadecimal; None where the file cannot be read.
        is_cut_short: whether its end is missing.
        error: why it cannot be read.
    """

    name: str
    size: int | None = None
    mtime: float | None = None
    sha256: str | None = None
    is_cut_short: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A probed video: what its packets state, without decoding them.

    Attributes:
        width, height: pixels of the upright frame, that is after ``rotation_degrees`` is applied.
        timestamps_s: ``(frames,)`` float64, ascending presentation times of the frames the container promises,
            counted from the first of them. Damaged files may decode fewer.
        keyframes: ``(keys,)`` int64, positions in ``timestamps_s`` at which decoding can start.
        sha256: digest of the content.
        notes: what a user should know (several streams, gaps, an odd header), one sentence each.
        first_tick: presentation time of the first frame in ticks of the stream, the zero of ``timestamps_s``.
        field_coded: whether two packets hold the two fields of one frame, as in AVCHD.
        images: the file of each of ``timestamps_s``'s frames where these are pictures of their own, else empty.
        lost_frames: frames that the header promises beyond those in the file, which is cut short.
    """

    source: VideoSource
    width: int
    height: int
    rotation_degrees: int
    codec: str
    stream_index: int
    timestamps_s: NDArray[np.float64]
    keyframes: NDArray[np.int64]
    sha256: str
    notes: tuple[str, ...] = ()
    first_tick: int = 0
    field_coded: bool = False
    lost_frames: int = 0
    images: tuple[ImageFile, ...] = ()

    @property
    def image_names(self) -> tuple[str, ...]:
        """File names of the frames where these are pictures of their own, else empty."""
        return tuple(image.name for image in self.images)

    @property
    def frame_count(self) -> int:
        """Frames that the container promises."""
        return len(self.timestamps_s)

    @property
    def fps(self) -> float:
        """The mean frame rate, 0 for fewer than two frames."""
        if self.frame_count < 2:
            return 0.0
        return float((self.frame_count - 1) / (self.timestamps_s[-1] - self.timestamps_s[0]))


@dataclass(frozen=True, slots=True)
class Chunk:
    """The frames of one video with ``start_s <= timestamp < end_s``.

    ``frames`` is how many the container promises; ``start_s`` of the first chunk and ``end_s`` of the last are
    minus and plus infinity, so that no frame of a damaged file falls outside every chunk.
    """

    index: int
    start_s: float
    end_s: float
    first_frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """One picture and its presentation time; what was not asked for of it is an empty array.

    Attributes:
        timestamp_s: presentation time.
        image: ``(height, width, 3)`` uint8, RGB.
        luma: ``(height, width)`` uint8, of full range.
        planes: Y, U and V of limited range, without an odd last row or column.
        matrix: of the planes.
    """

    timestamp_s: float
    image: Frame
    luma: Luma = field(default_factory=lambda: np.empty((0, 0), np.uint8))
    planes: Planes = field(default_factory=lambda: np.empty((0, 0), np.uint8))
    matrix: YUVMatrix = YUVMatrix.BT709
