"""Opening a container, choosing its picture stream, and reading packets that damage cannot stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputNotFoundError, VideoError
from neuropose_ray.video.boxes import promised_bytes

if TYPE_CHECKING:
    from av import FFmpegError
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# Only real containers: a playlist or script under a video's name must not make the demuxer open other files.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf,flv,live_flv,ogg,mxf,dv,gxf,ivf,nut,"
    "h264,hevc,vvc,m4v,obu,av1,mjpeg,mjpeg_2000,gif,wtv,rm,h263,h261,dirac,vc1,vc1test,swf"
)
# A demuxer that fails this often in a row, without one packet between, has reached the end of what is readable.
_DEMUX_ATTEMPTS = 8


@dataclass(slots=True)
class DecodeErrors:
    """Count of packets that could not be read or decoded, and the reason given for the first."""

    packets: int = 0
    reason: str = ""

    def add(self, error: FFmpegError) -> None:
        """Count one more damaged packet."""
        self.packets += 1
        self.reason = self.reason or str(error.strerror).removesuffix(" when processing input")


def open_container(path: Path) -> InputContainer:
    """Open a video file for reading.

    Raises:
        InputNotFoundError: there is no such file.
        VideoError: the file cannot be read, is empty, or is not a video.
    """
    import av

    check_readable(path)
    try:
        # The explicit protocol keeps a name like "a:b.mp4" from being read as a URL; titles need not be UTF-8.
        return av.open(f"file:{path}", metadata_errors="replace", container_options={"format_whitelist": _FORMATS})
    except av.FFmpegError as error:
        raise _unreadable(path, str(error.strerror)) from error


def _unreadable(path: Path, reason: str) -> VideoError:
    """The error for a file that the library does not open."""
    promised = promised_bytes(path)
    if promised is not None:
        what = f"the file is cut short: it holds {path.stat().st_size} of {promised} bytes, and no list of its frames"
        return VideoError(what, where=str(path), hint="copy it again, or finish the recording")
    return VideoError(
        f"this is not a readable video ({reason})",
        where=str(path),
        hint="it may be cut short or of another kind; try to play it, or copy it again",
    )


def check_readable(path: Path) -> None:
    """Refuse a file that is absent, empty or forbidden, with the file system's reason.

    Raises:
        InputNotFoundError: there is no such file.
        VideoError: the file cannot be read or has no content.
    """
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise VideoError("the file is empty", where=str(path), hint="copy or record it again")
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path), hint="check the path") from error
    except OSError as error:
        raise VideoError(f"the file cannot be read ({error.strerror})", where=str(path)) from error


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """The streams of moving pictures that can be decoded, best first: the largest, then the earliest.

    Cover art and thumbnails are picture streams to the container, not to a viewer.
    """
    from av.stream import Disposition

    covers = Disposition.attached_pic | Disposition.timed_thumbnails
    moving = [s for s in container.streams.video if s.codec_context is not None and not s.disposition & covers]
    return sorted(moving, key=lambda stream: (-stream.width * stream.height, stream.index))


def picture_stream(container: InputContainer, index: int) -> VideoStream:
    """The picture stream with this index among all streams.

    Raises:
        VideoError: there is none.
    """
    for stream in container.streams.video:
        if stream.index == index:
            return stream
    raise VideoError(f"the file has no picture stream {index} any more", where=container.name, hint="run it again")


def read_packets(
    container: InputContainer, stream: VideoStream, errors: DecodeErrors
) -> Iterator[Packet[VideoStream]]:
    """Packets of a stream up to its end, past parts that cannot be read.

    The last one is empty and makes a decoder give out what it holds back. Empty ones before it stand for repeated
    frames in some containers and are left out: a decoder would take them for the end.
    """
    import av

    failures = 0
    while failures < _DEMUX_ATTEMPTS:
        try:
            for packet in container.demux(stream):
                failures = 0
                if packet.size or packet.dts is None:
                    yield packet
            return
        except av.FFmpegError as error:
            failures += 1
            errors.add(error)
