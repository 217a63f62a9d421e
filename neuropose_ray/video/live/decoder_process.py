"""The process that reads and decodes one connection to a source: what hangs or crashes there is killed alone.

All packets are decoded; only a picture that is asked for is converted. It ends with the process that started it: the
socket between them breaks.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live.access import SourceAccess, allowed_file, kind_of
from neuropose_ray.video.live.buffer import FrameBuffer
from neuropose_ray.video.live.packets import EncodedPacket
from neuropose_ray.video.live.pictures import (
    ConnectionEnded,
    Picture,
    PictureConverter,
    PictureSource,
    SourceReport,
)
from neuropose_ray.video.live.shared_frames import FrameWriter
from neuropose_ray.video.live.wire import Message, Receiver, Sender, WireError

_BY_HTTP = ("http", "mjpeg", "snapshot", "hls")
# How often the other side hears that this one is alive, and what it has done.
_BEAT_S = 0.2
_BLOCK_BYTES = 1 << 16
# Of a request that waits behind a slow conversion: it is answered all the same.
_LEAST_WAIT_S = 0.001


class Decoder:
    """One connection, from the request to open it to its end.

    Args:
        channel: to the process that asks for pictures.
        frames: takes those that are asked for.
    """

    def __init__(self, channel: socket.socket, frames: FrameWriter) -> None:
        self._channel, self._frames = channel, frames
        self._sender = Sender(channel)
        self._opened: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._is_file = False
        self._requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._report = SourceReport()
        # Held while a picture is on its way.
        self._answering = threading.Lock()
        self._buffer: FrameBuffer[Picture] = FrameBuffer("latest", 1, None)

    def run(self) -> None:
        """Wait for the request, give pictures until there are no more, and say why."""
        _start(self._listen)
        self._sender.send({"type": "ready"})
        request = self._opened.get()
        options = SourceOptions.model_validate(request["options"])
        self._buffer = FrameBuffer(options.buffer, options.buffer_frames, options.fps)
        if options.clip_s:
            self._report.keep_packet, self._report.begin_packets = self._send_packet, self._send_codec
        access = _access(request["access"])
        self._is_file = request["url"].startswith("file:")
        _start(self._answer)
        _start(self._beat)
        try:
            for picture in _source(request["url"], options, access, self._report).pictures():
                self._buffer.offer(picture)
                if self._report.closing.is_set():
                    break
        except ConnectionEnded as ended:
            self._end(ended.reason, denied=ended.denied, final=ended.final)
        except NeuroposeRayError as error:
            # Where and hint may name the URL.
            self._end(error.what, denied=not error.retryable)
        else:
            self._end("the source ended the stream")

    def _end(self, reason: str, *, denied: bool = False, final: bool = False) -> None:
        self._buffer.finish()
        self._report.idle = True
        # Of a file every frame is wanted; a camera is to be found again soon.
        while self._is_file and not self._buffer.is_drained and not self._report.closing.is_set():
            time.sleep(_BEAT_S / 10)
        with self._answering:
            self._send_beat()
            self._sender.send({"type": "end", "reason": reason, "denied": denied, "final": final})

    def _listen(self) -> None:
        """Requests as they come; when nobody is left to ask, this process ends, whatever else it is doing."""
        receiver = Receiver()
        while data := _received(self._channel):
            for message, _ in receiver.feed(data):
                match message["type"]:
                    case "open":
                        self._opened.put(message)
                    case "take":
                        self._requests.put(message)
                    case "close":
                        self._report.closing.set()
                        self._buffer.finish()
        os._exit(0)

    def _answer(self) -> None:
        convert = PictureConverter()
        while True:
            request = self._requests.get()
            wait_s = max(_LEAST_WAIT_S, request["until"] - time.monotonic())
            with self._answering:
                picture = self._buffer.take(wait_s)
                if picture is not None:
                    self._give(picture, convert, request["request"])

    def _give(self, picture: Picture, convert: PictureConverter, request: int) -> None:
        began = time.monotonic()
        try:
            image = convert(picture)
        except NeuroposeRayError as error:
            self._sender.send({"type": "end", "reason": error.what, "denied": True, "final": False})
            return
        offset = self._frames.write(image)
        decode_ms = 1000 * (picture.decode_s + time.monotonic() - began)
        height, width = image.shape[:2]
        self._report.size = (width, height)
        self._sender.send(
            {"type": "frame", "request": request, "offset": offset, "height": height, "width": width,
             "captured_at": picture.captured_at, "pts_s": picture.pts_s, "number": picture.number,
             "decode_ms": decode_ms}
        )  # fmt: skip

    def _beat(self) -> None:
        self._send_beat()
        while True:
            if self._report.first_frame.is_set():
                time.sleep(_BEAT_S)
            else:
                self._report.first_frame.wait(_BEAT_S)
            self._send_beat()

    def _send_beat(self) -> None:
        report = self._report
        self._sender.send(
            {"type": "beat", "packets": report.packets, "frames": report.frames, "unchanged": report.unchanged,
             "idle": report.idle or self._buffer.is_full, "dropped": self._buffer.dropped, "size": report.size}
        )  # fmt: skip

    def _send_codec(self, codec: str, header: bytes) -> None:
        self._sender.send({"type": "codec", "codec": codec}, header)

    def _send_packet(self, packet: EncodedPacket) -> None:
        self._sender.send(
            {"type": "packet", "pts_s": packet.pts_s, "dts_s": packet.dts_s, "key": packet.is_keyframe,
             "at": packet.arrived_at},
            packet.data,
        )  # fmt: skip


def _source(url: str, options: SourceOptions, access: SourceAccess, report: SourceReport) -> PictureSource:
    """The source of a URL; the media libraries are loaded for those kinds alone that need them."""
    from neuropose_ray.video.live.container_source import DeviceSource, HlsSource, MjpegSource, RtspSource
    from neuropose_ray.video.live.files import FileSource

    kind = kind_of(url, options.kind, access)
    if kind == "rtsp":
        return RtspSource(url, options, access, report)
    if kind == "device":
        return DeviceSource(url.removeprefix("device:"), report)
    if kind == "file":
        return FileSource(allowed_file(url, access), realtime=options.realtime, report=report)
    from neuropose_ray.video.live.http_camera import HttpCamera, HttpStream
    from neuropose_ray.video.live.snapshots import SnapshotSource

    camera = HttpCamera(url, access, silence_s=options.kill_s)
    if kind == "hls":
        return HlsSource(url, camera, report)
    if kind == "snapshot":
        return SnapshotSource(camera, options.fps, report)
    response = camera.get()
    stream = HttpStream(response)
    if kind == "mjpeg" or stream.content_type.startswith("multipart/"):
        return MjpegSource(stream, report)
    if stream.content_type.startswith("image/"):
        return SnapshotSource(camera, options.fps, report, response)
    raise ConnectionEnded(f"it answers with {stream.content_type or 'no type'}, which is no picture", denied=True)


def _access(fields: dict[str, Any]) -> SourceAccess:
    return SourceAccess(
        private_networks=fields["private_networks"],
        hosts=tuple(fields["hosts"]),
        hls=fields["hls"],
        devices=fields["devices"],
        files=tuple(Path(folder) for folder in fields["files"]),
    )


def _received(channel: socket.socket) -> bytes:
    try:
        return channel.recv(_BLOCK_BYTES)
    except OSError:
        return b""


def _start(work: Callable[[], None]) -> None:
    def work_until_alone() -> None:
        try:
            work()
        except (OSError, WireError):  # the other side is gone
            os._exit(0)

    threading.Thread(target=work_until_alone, name=work.__name__, daemon=True).start()


def main() -> None:
    """Decode what the process at the other end of a socket asks for; arguments: socket, memory, kind of source."""
    # All that takes long to load is there before the watchdog's time begins.
    import av
    import cv2  # noqa: F401

    if sys.argv[3] in _BY_HTTP:
        import httpx  # noqa: F401

    # The library's log carries URLs with their passwords.
    av.logging.set_level(None)
    # Ctrl-C in a terminal reaches this process too; its end is the other one's matter.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel, memory = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    # The other side may be gone.
    with suppress(OSError):
        Decoder(channel, FrameWriter(memory)).run()
    # Without waiting for threads of libraries.
    os._exit(0)


if __name__ == "__main__":
    main()
