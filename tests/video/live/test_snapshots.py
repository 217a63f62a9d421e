"""Cameras of single pictures: what is new, when it was taken, and no more requests than asked for."""

import resource
import struct
import time
import zlib
from email.utils import formatdate
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.http_camera import HttpCamera, jpeg
from support.rtsp.stamps import read_stamp

from neuropose_ray.video.live import SourceAccess
from neuropose_ray.video.live.http_camera import HttpCamera as Client
from neuropose_ray.video.live.packets import EncodedPacket
from neuropose_ray.video.live.pictures import ConnectionEnded, SourceReport
from neuropose_ray.video.live.snapshots import SnapshotSource, capture_time

NOW = 1_800_000_000.0


def source(camera: HttpCamera, fps: float | None = 100, report: SourceReport | None = None) -> SnapshotSource:
    client = Client(camera.url("/snapshot.jpg"), SourceAccess(private_networks=True), silence_s=5)
    return SnapshotSource(client, fps, report or SourceReport())


@pytest.mark.parametrize("validators", [True, False])
def test_a_picture_that_is_the_same_as_before_is_passed_over(validators):
    with HttpCamera() as camera:
        camera.validators, camera.picture = validators, jpeg(1)
        report = SourceReport()
        pictures = source(camera, report=report).pictures()
        assert read_stamp(next(pictures).content) == 1

        def change_after_a_while(due: float) -> None:
            if report.unchanged == 5:
                camera.picture = jpeg(2)

        report.wait_until = change_after_a_while
        second = next(pictures)
        assert (read_stamp(second.content), second.number) == (2, 1)
        assert report.unchanged >= 5
        assert camera.requests["/snapshot.jpg:304"] == (report.unchanged if validators else 0)
        assert report.frames == 2


def test_no_more_is_asked_for_than_the_rate():
    with HttpCamera() as camera:
        began = time.monotonic()
        times = [picture.time_s - began for picture in islice(source(camera, 20).pictures(), 11)]
    assert times[-1] >= 0.5 - 0.01
    assert all(later - earlier > 0.01 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("headers", "taken_at"),
    [
        ({}, NOW),
        ({"X-Timestamp": f"{NOW - 2.25}"}, NOW - 2.25),
        ({"X-Timestamp": f"{NOW - 2}", "Last-Modified": formatdate(NOW - 9, usegmt=True)}, NOW - 2),
        ({"Last-Modified": formatdate(NOW - 9, usegmt=True)}, NOW - 9),
        ({"Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT"}, NOW),
        ({"X-Timestamp": f"{NOW + 400}"}, NOW),
        ({"X-Timestamp": "nan"}, NOW),
        ({"X-Timestamp": "soon"}, NOW),
    ],
)
def test_the_time_of_a_picture_is_its_cameras_where_that_is_credible(headers, taken_at):
    assert capture_time(headers, NOW) == taken_at


@given(st.text(max_size=40))
def test_no_header_makes_a_time_that_is_not_near_the_arrival(text):
    for name in ("X-Timestamp", "Last-Modified"):
        assert NOW - 3601 < capture_time({name: text}, NOW) < NOW + 6


def test_the_headers_of_an_answer_reach_the_picture():
    with HttpCamera() as camera:
        camera.headers["X-Timestamp"] = str(taken_at := time.time() - 7.5)
        assert next(source(camera).pictures()).captured_at == taken_at


@pytest.mark.parametrize("content", [b"no picture", b"", jpeg(1)[:200]])
def test_what_is_no_picture_ends_the_connection_in_words(content):
    with HttpCamera() as camera:
        camera.picture = content
        with pytest.raises(ConnectionEnded, match="picture"):
            next(source(camera).pictures())


def test_for_clips_pictures_are_kept_as_they_came():
    kept: list[EncodedPacket] = []
    with HttpCamera() as camera:
        camera.picture = jpeg(1)
        report = SourceReport(kept.append, lambda codec, header: None)
        next(source(camera, report=report).pictures())
    assert [packet.data for packet in kept] == [jpeg(1)]
    assert kept[0].is_keyframe


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded():
    side = 12_000  # 430 MB of pixels in half a MB
    rows = zlib.compressobj(1)
    data = b"".join(rows.compress(bytes(1 + 3 * side)) for _ in range(side)) + rows.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    with HttpCamera() as camera:
        camera.picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(ConnectionEnded, match="too large"):
            next(source(camera).pictures())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


@pytest.mark.parametrize("content", [b"<html>sorry</html>", b"\xff\xd8\xff", b"GIF89a", bytes(100)])
def test_what_is_no_picture_ends_the_connection(content: bytes):
    with HttpCamera() as camera:
        camera.picture = content
        with pytest.raises(ConnectionEnded, match="no picture"):
            next(source(camera).pictures())
