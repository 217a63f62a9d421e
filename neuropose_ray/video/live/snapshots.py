"""Cameras that give one picture for each request."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.errors import VideoError
from neuropose_ray.video.images import decode_image
from neuropose_ray.video.live.http_camera import HttpCamera, http_errors
from neuropose_ray.video.live.packets import EncodedPacket
from neuropose_ray.video.live.pictures import ConnectionEnded, Picture, SourceReport, check_size
from neuropose_ray.video.picture_size import picture_size

if TYPE_CHECKING:
    import httpx

# Where every picture is wanted: no camera of this kind makes more.
_FASTEST_FPS = 30.0
_MOST_BYTES = 64 << 20
# A camera's clock that is further off than this was never set, and is not believed.
_CREDIBLE_PAST_S, _CREDIBLE_FUTURE_S = 3600.0, 5.0
#: Headers with the time of the picture, Unix seconds or a date; the first that is there counts.
_TIME_HEADERS = ("X-Timestamp", "X-Capture-Time", "Last-Modified")


class SnapshotSource:
    """A picture at a time; one that is the same as before is passed over.

    Args:
        camera: its client.
        fps: requests per second at most; None: as many as a camera can want.
        report: takes note of answers and pictures.
        first: an answer that is there already.
    """

    def __init__(
        self, camera: HttpCamera, fps: float | None, report: SourceReport, first: httpx.Response | None = None
    ) -> None:
        self._camera, self._report, self._first = camera, report, first
        self._interval_s = 1 / (fps or _FASTEST_FPS)

    def pictures(self) -> Iterator[Picture]:
        """As in :class:`~neuropose_ray.video.live.pictures.PictureSource`."""
        number, digest, due_s = 0, b"", time.monotonic()
        conditions: dict[str, str] = {}
        while not self._report.closing.is_set():
            asked = time.monotonic()
            response, self._first = self._first or self._camera.get(conditions), None
            content = _body(response)
            arrived, arrived_at = time.monotonic(), time.time()
            self._report.packets += 1
            conditions = _conditions(response.headers) or conditions
            before, digest = digest, hashlib.sha256(content).digest() if content else digest
            if digest == before:
                self._report.unchanged += 1
            else:
                image = _decoded(content)
                self._report.decoded(image.shape[1], image.shape[0])
                captured_at = capture_time(response.headers, arrived_at)
                if self._report.keep_packet is not None:
                    self._keep(content, number, captured_at)
                # Requests are paced already; at the time of the request, which an answer's delay does not shift.
                yield Picture(image, None, number, asked, captured_at, None, time.monotonic() - arrived)
                number += 1
            # A camera that is slower than asked is not asked twice at once.
            due_s = max(due_s + self._interval_s, time.monotonic())
            self._report.wait_until(due_s)

    def _keep(self, content: bytes, number: int, captured_at: float) -> None:
        if self._report.begin_packets is not None and number == 0:
            self._report.begin_packets("mjpeg", b"")
        if self._report.keep_packet is not None:
            self._report.keep_packet(EncodedPacket(content, captured_at, captured_at, True, captured_at))


def capture_time(headers: Mapping[str, str], arrived_at: float) -> float:
    """When a picture was taken, in Unix seconds: as its answer says, where that is credible, else its arrival.

    Args:
        headers: of the answer.
        arrived_at: Unix seconds.
    """
    for name in _TIME_HEADERS:
        if name in headers:
            taken_at = _seconds(headers[name])
            credible = taken_at is not None and -_CREDIBLE_FUTURE_S <= arrived_at - taken_at <= _CREDIBLE_PAST_S
            return taken_at if credible and taken_at is not None else arrived_at
    return arrived_at


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that ask for a picture only if it is another one (RFC 9110, 13.1)."""
    pairs = (("If-None-Match", headers.get("ETag")), ("If-Modified-Since", headers.get("Last-Modified")))
    return {name: value for name, value in pairs if value is not None}


def _body(response: httpx.Response) -> bytes:
    """All bytes of an answer, none where it says that nothing has changed."""
    content = bytearray()
    try:
        if response.status_code == 304:
            return b""
        with http_errors():
            for block in response.iter_raw():
                content += block
                if len(content) > _MOST_BYTES:
                    raise ConnectionEnded("its pictures are too large", denied=True)
    finally:
        response.close()
    if not content:
        raise ConnectionEnded("it gives an empty picture")
    return bytes(content)


def _decoded(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    try:
        check_size(*picture_size(content))  # before it takes the memory
        return decode_image(np.frombuffer(content, np.uint8), where="snapshot")
    except VideoError:
        raise ConnectionEnded("it gives no picture that can be decoded") from None
