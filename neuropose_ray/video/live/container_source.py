"""Cameras that a media library reads: RTSP, MJPEG and HLS over HTTP, and cameras of this machine."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from neuropose_ray.network_access import pinned_url
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.container import picture_streams
from neuropose_ray.video.live.access import SourceAccess, allowed_addresses
from neuropose_ray.video.live.http_camera import HttpCamera, HttpStream
from neuropose_ray.video.live.packets import EncodedPacket
from neuropose_ray.video.live.pictures import ConnectionEnded, Picture, SourceReport

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# Measured at 720p30 over TCP: without them the median age at decoding is a third more, its 95th percentile six times.
_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay"}
# A few pictures are enough to know a stream by; those that are read to guess its rate would seem to arrive late.
_QUICK_START = {"fpsprobesize": "0"}
# Packets whose picture has not come out yet: decoders reorder over 16 at most.
_PENDING = 64
# Each nested playlist and segment is opened by `HttpCamera`, which checks its address; the library's own client,
# which does not, must have no connection to keep.
_HLS = {"http_persistent": "0", "http_multiple": "0", "protocol_whitelist": "http,https,tcp,tls,crypto"}
_HLS_FORMATS = "hls,mpegts,mov,aac,mp3"


class RtspSource:
    """An RTSP camera.

    Args:
        url: normalised.
        options: transport, and seconds without an answer.
        access: where it may be.
        report: takes note of packets and pictures.
    """

    def __init__(self, url: str, options: SourceOptions, access: SourceAccess, report: SourceReport) -> None:
        self._url, self._options, self._access, self._report = url, options, access, report

    def pictures(self) -> Iterator[Picture]:
        """As in :class:`~neuropose_ray.video.live.pictures.PictureSource`."""
        addresses = allowed_addresses(self._url, self._access)
        options = {
            **_LOW_DELAY,
            **_QUICK_START,
            "rtsp_transport": self._options.transport,
            "allowed_media_types": "video",
            "timeout": str(round(self._options.kill_s * 1e6)),
        }
        before = _descriptors()
        with library_errors(), _opened(self._url, addresses, options) as container:
            _check_peers(_descriptors() - before, addresses)
            yield from decoded_pictures(container, self._report)


class MjpegSource:
    """A camera that sends one JPEG after the other in one answer.

    Args:
        stream: the answer.
        report: takes note of packets and pictures.
    """

    def __init__(self, stream: HttpStream, report: SourceReport) -> None:
        self._stream, self._report = stream, report

    def pictures(self) -> Iterator[Picture]:
        """As in :class:`~neuropose_ray.video.live.pictures.PictureSource`."""
        import av

        # A small buffer: the library fills it before it looks for a picture.
        with (
            library_errors(),
            av.open(self._stream, "r", format="mpjpeg", options=_LOW_DELAY, buffer_size=4096) as container,
        ):
            # The library counts pictures as if they came at 25 per second.
            yield from decoded_pictures(container, self._report, has_clock=False)


class HlsSource:
    """A stream in segments, as a playlist lists them.

    Args:
        url: of the playlist.
        camera: opens it, and what it points to.
        report: takes note of packets and pictures.
    """

    def __init__(self, url: str, camera: HttpCamera, report: SourceReport) -> None:
        self._url, self._camera, self._report = url, camera, report

    def pictures(self) -> Iterator[Picture]:
        """As in :class:`~neuropose_ray.video.live.pictures.PictureSource`."""
        import av

        def open_nested(url: str, _flags: int, _options: object) -> HttpStream:
            return self._camera.stream(url)

        options = {**_HLS, "format_whitelist": _HLS_FORMATS}
        # Without user and password, which the library would hand to every host that the playlist names.
        url = urlunsplit(urlsplit(self._url)._replace(netloc=urlsplit(self._url).netloc.rpartition("@")[2]))
        with library_errors(), av.open(url, format="hls", options=options, io_open=open_nested) as container:
            yield from decoded_pictures(container, self._report)


class DeviceSource:
    """A camera of this machine, by Video4Linux.

    Args:
        device: its file.
        report: takes note of packets and pictures.
    """

    def __init__(self, device: str, report: SourceReport) -> None:
        self._device, self._report = device, report

    def pictures(self) -> Iterator[Picture]:
        """As in :class:`~neuropose_ray.video.live.pictures.PictureSource`."""
        import av

        if not Path(self._device).exists():
            raise ConnectionEnded(f"there is no camera {self._device}")
        with library_errors(), av.open(self._device, "r", format="v4l2", options=dict(_LOW_DELAY)) as container:
            yield from decoded_pictures(container, self._report)


def decoded_pictures(
    container: InputContainer, report: SourceReport, *, has_clock: bool = True
) -> Generator[Picture, None, None]:
    """All pictures of an opened stream, decoded as soon as they come; damaged ones are passed over.

    Args:
        container: the stream.
        report: takes note of packets and pictures.
        has_clock: whether the stream's times are those of a clock.

    Raises:
        ConnectionEnded: there is no picture stream, or the pictures are too large.
        av.FFmpegError: the connection is lost.
    """
    import av

    streams = picture_streams(container)
    if not streams:
        raise ConnectionEnded("it has no pictures")
    stream = streams[0]
    stream.codec_context.thread_count = 1
    stream.codec_context.flags |= av.codec.context.Flags.low_delay
    if report.begin_packets is not None:
        report.begin_packets(stream.codec_context.codec.canonical_name, stream.codec_context.extradata or b"")
    # Of the packets: (monotonic seconds, Unix seconds) of their arrival.
    arrivals: dict[int | None, tuple[float, float]] = {}
    number, encoded = 0, _PacketTimes(float(stream.time_base or 0) if has_clock else 0.0)
    for packet in container.demux(stream):
        arrived = time.monotonic(), time.time()
        if report.closing.is_set():
            return
        if not packet.size:
            continue
        report.packets += 1
        if report.keep_packet is not None:
            report.keep_packet(encoded.stamp(packet, arrived))
        arrivals[packet.pts] = arrived
        if len(arrivals) > _PENDING:
            del arrivals[next(iter(arrivals))]
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            began, captured_at = arrivals.pop(frame.pts, arrived)
            report.decoded(frame.width, frame.height)
            pts_s = None
            if has_clock and frame.pts is not None and frame.time_base is not None:
                pts_s = float(frame.pts * frame.time_base)
            decode_s = time.monotonic() - began
            yield Picture(frame, None, number, began, captured_at, pts_s, decode_s)
            number += 1


@contextmanager
def library_errors() -> Iterator[None]:
    """Raise the media library's errors as what they mean for the connection, without the URL that they carry.

    Raises:
        ConnectionEnded: always, where the library fails.
    """
    import av

    try:
        yield
    except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError):
        raise ConnectionEnded("user or password is refused", denied=True) from None
    except av.error.HTTPNotFoundError:
        raise ConnectionEnded("there is no stream of this path (404)") from None
    except av.FFmpegError as error:
        raise ConnectionEnded(str(error.strerror).lower()) from None


class _PacketTimes:
    """Gives encoded packets times of one clock, also those that come without: that of their arrival.

    Args:
        time_base: seconds per tick of the stream's clock; 0 where it has none.
    """

    def __init__(self, time_base: float) -> None:
        self._time_base = time_base
        self._offset_s: float | None = None

    def stamp(self, packet: Packet[VideoStream], arrived: tuple[float, float]) -> EncodedPacket:
        """The packet, which arrived at these monotonic and Unix seconds."""
        dts_s = pts_s = arrived[0]
        if self._time_base and packet.dts is not None and packet.pts is not None:
            if self._offset_s is None:
                self._offset_s = arrived[0] - packet.dts * self._time_base
            dts_s = packet.dts * self._time_base + self._offset_s
            pts_s = packet.pts * self._time_base + self._offset_s
        return EncodedPacket(bytes(packet), pts_s, dts_s, packet.is_keyframe, arrived[1])


def _opened(url: str, addresses: tuple[str, ...], options: dict[str, str]) -> InputContainer:
    """The stream at the first address that can be connected to."""
    import av

    for address in addresses[:-1]:
        # A server that is there and refuses raises other errors.
        with suppress(OSError):
            return av.open(_by_address(url, address), "r", options=options)
    return av.open(_by_address(url, addresses[-1]), "r", options=options)


def _by_address(url: str, address: str) -> str:
    """The URL by the address that was checked; a TLS server must be called by the name in its certificate."""
    parts = urlsplit(url)
    if parts.scheme == "rtsps":
        return url
    user, at, _ = parts.netloc.rpartition("@")
    by_address = urlsplit(pinned_url(url, address).url)
    return urlunsplit(by_address._replace(netloc=f"{user}{at}{by_address.netloc}"))


def _descriptors() -> set[tuple[int, int]]:
    """Open descriptors of this process, each with what it stands for: numbers are used again."""
    opened = set()
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  numbers, not paths
        # That of the listing itself is closed by now.
        with suppress(OSError):
            opened.add((int(name), os.fstat(int(name)).st_ino))
    return opened


def _check_peers(descriptors: set[tuple[int, int]], addresses: tuple[str, ...]) -> None:
    """Refuse a connection to another address than those that were checked: the library follows redirects of RTSP.

    Raises:
        ConnectionEnded: there is one.
    """
    for descriptor, _ in descriptors:
        try:
            with socket.socket(fileno=os.dup(descriptor)) as peer:
                address = peer.getpeername()[0] if peer.family in (socket.AF_INET, socket.AF_INET6) else None
        except OSError:
            continue
        if address is not None and address.partition("%")[0].removeprefix("::ffff:") not in addresses:
            raise ConnectionEnded("it redirects to another host; give the URL of that one", denied=True)
