"""Decoded pictures on their way through the decoder's process, and what a source reports of its work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.convert import UprightRGB
from neuropose_ray.video.live.packets import EncodedPacket
from neuropose_ray.video.orientation import Orientation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame

#: Pixels of a picture at most: 8K has 33 million. A stranger's camera must not fill the memory.
MOST_PIXELS = 50_000_000


class ConnectionEnded(Exception):  # noqa: N818  not always an error: a camera may be switched off
    """Why a connection to a source has ended, or did not come about.

    Args:
        reason: in words, without user and password.
        denied: trying again soon does not help.
        final: trying again does not help at all.
    """

    def __init__(self, reason: str, *, denied: bool = False, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.denied, self.final = reason, denied, final


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture that may be taken.

    Attributes:
        content: as the decoder gives it, or already upright RGB.
        upright_size: width and height to convert to; None: its own.
        number: position in its connection, from 0 on.
        time_s: seconds of the clock by which the target rate counts.
        captured_at, pts_s: as in :class:`~neuropose_ray.video.live.types.LiveFrame`.
        decode_s: seconds from its arrival until it was decoded.
    """

    content: VideoFrame | Frame
    upright_size: tuple[int, int] | None
    number: int
    time_s: float
    captured_at: float
    pts_s: float | None
    decode_s: float


class PictureSource(Protocol):
    """One connection to a source."""

    def pictures(self) -> Iterator[Picture]:
        """The pictures as they come; the iterator ends with a file, and is closed by whoever has enough.

        Raises:
            ConnectionEnded: the connection is lost, or did not come about.
        """


def check_size(width: int, height: int) -> None:
    """Refuse pictures of so many pixels, if possible before they are decoded.

    Raises:
        ConnectionEnded: they are too large.
    """
    if width * height > MOST_PIXELS:
        raise ConnectionEnded(f"its pictures are too large ({width}x{height})", denied=True)


class SourceReport:
    """What a source has done so far, for the watchdog and for clips.

    Args:
        keep_packet: takes encoded packets; None where no clips are asked for.
        begin_packets: takes the codec and the parameter sets before the first packet.
    """

    def __init__(
        self,
        keep_packet: Callable[[EncodedPacket], None] | None = None,
        begin_packets: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.keep_packet, self.begin_packets = keep_packet, begin_packets
        self.packets = self.frames = self.unchanged = 0
        self.size = (0, 0)
        self.idle = False
        self.closing = threading.Event()
        self.first_frame = threading.Event()

    def decoded(self, width: int, height: int) -> None:
        """Count a decoded picture.

        Raises:
            ConnectionEnded: it is too large.
        """
        check_size(width, height)
        self.size = (width, height)
        self.frames += 1
        self.first_frame.set()

    def wait_until(self, time_s: float) -> None:
        """Wait for a time of the monotonic clock, or the end."""
        self.idle = True
        self.closing.wait(max(0.0, time_s - time.monotonic()))
        self.idle = False


class PictureConverter:
    """Turns pictures of one source into upright RGB; the converter is kept as long as their size is."""

    def __init__(self) -> None:
        self._convert: UprightRGB | None = None
        self._size: tuple[int, int, tuple[int, int] | None] | None = None

    def __call__(self, picture: Picture) -> Frame:
        """``(height, width, 3)`` uint8.

        Raises:
            SourceError: its pixel format cannot be converted.
        """
        content = picture.content
        if isinstance(content, np.ndarray):
            return content
        import av

        try:
            size = (content.width, content.height, picture.upright_size)
            if self._convert is None or size != self._size:
                upright = picture.upright_size or Orientation.of(content).size(content.width, content.height)
                self._convert, self._size = UprightRGB(*upright), size
            return self._convert(content)
        except av.FFmpegError as error:
            raise SourceError(f"its pictures cannot be converted ({error.strerror})") from None
