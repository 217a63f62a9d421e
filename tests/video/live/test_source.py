"""A live source as a whole: real cameras that halt, come back, refuse and lie, and an end within two seconds."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, pairwise
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from support.hls_camera import hls_camera
from support.http_camera import HttpCamera, jpeg
from support.live_sources import wait_for
from support.ports import free_port
from support.rtsp.camera import RtspCamera
from support.rtsp.stamps import age_ms, read_stamp

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import LiveSource, SourceAccess
from neuropose_ray.video.live.decoder_client import DecoderClient
from neuropose_ray.video.live.shared_frames import FrameReader, FrameWriter, anonymous_memory
from neuropose_ray.video.live.wire import Message

Live = Callable[..., LiveSource]
Camera = Callable[..., RtspCamera]
CLOSES_WITHIN_S = 2.0


def descendants() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if "decoder_process" in " ".join(process.cmdline())
    ]


def test_frames_of_an_rtsp_camera_are_fresh_and_the_last_seconds_are_a_clip(
    live: Live, rtsp_camera: Camera, tmp_path
):
    camera = rtsp_camera()
    source = live(camera.url, fps=None, clip_s=5)
    frames = [source.take(20) for _ in range(40)]
    ages = [age_ms(source.take(5).image) for _ in range(20)]
    # None wait behind each other, however long they have been coming; how fresh they are is measured elsewhere.
    assert np.median(ages) < 1000
    assert [frame.number for frame in frames] == sorted({frame.number for frame in frames})
    assert {frame.epoch for frame in frames} == {1}
    assert all(later.captured_at > earlier.captured_at for earlier, later in pairwise(frames))
    assert abs(time.time() - frames[-1].captured_at) < 30
    status = source.status()
    assert (status.state, status.width, status.height, status.epoch) == ("active", 320, 192, 1)
    assert status.frames_taken == 60
    assert status.last_error is None
    assert status.clip_s > 0
    assert status.clip_limit is None
    clip = source.clip(1, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        stamps = [read_stamp(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert len(stamps) == clip.frames >= 20
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    ("stall_s", "kill_s", "halted_s"),
    [(1.0, 2.0, 3.0), pytest.param(3.0, 5.0, 8.0, marks=pytest.mark.endurance)],
)
@pytest.mark.slow
def test_a_camera_that_halts_is_stalled_and_gives_frames_again_when_it_is_back(
    stall_s, kill_s, halted_s, live: Live, rtsp_camera: Camera
):
    camera = rtsp_camera()
    source = live(camera.url, stall_s=stall_s, kill_s=kill_s)
    assert source.take(20).epoch == 1
    camera.halt()
    began = time.monotonic()
    wait_for(source, "stalled", within_s=stall_s + 2)
    while time.monotonic() - began < halted_s:
        source.take(0.1)
    assert source.status().state == "reconnecting"
    assert f"{kill_s:g} s" in (source.status().last_error or "")
    camera.resume()
    frame = source.take(1.0 + 2.0 + 4.0 * (stall_s < 3))  # interval + 2 s; more where machines are shared
    assert frame is not None
    assert frame.epoch == 2
    assert source.status().state == "active"
    assert len(descendants()) == 1


@pytest.mark.endurance
def test_a_short_halt_is_a_stall_of_the_same_connection(live: Live, rtsp_camera: Camera):
    camera = rtsp_camera()
    source = live(camera.url, stall_s=0.7, kill_s=20)
    source.take(20)
    camera.halt()
    wait_for(source, "stalled")
    camera.resume()
    wait_for(source, "active")
    assert source.status().epoch == 1


@pytest.mark.endurance
def test_a_camera_that_is_switched_off_and_on_is_found_again(live: Live, rtsp_camera: Camera):
    camera = rtsp_camera()
    source = live(camera.url, reconnect_interval_s=0.3)
    assert source.take(20).epoch == 1
    camera.kill()
    wait_for(source, "reconnecting")
    assert source.take(0.2) is None
    rtsp_camera(port=camera.port)
    frame = source.take(30)
    assert (frame.epoch, source.status().state) == (2, "active")
    assert source.status().reconnects >= 1


@pytest.mark.parametrize("victim", ["killed", pytest.param("frozen", marks=pytest.mark.endurance)])
def test_a_decoder_that_dies_or_hangs_is_replaced(victim, live: Live, test_data):
    source = live(
        str(test_data / "opencap/squat.mp4"), SourceAccess(files=(test_data,)), reconnect_interval_s=0.1, stall_s=0.5,
        kill_s=1,
    )  # fmt: skip
    assert source.take(20).epoch == 1
    (decoder,) = descendants()
    os.kill(decoder.pid, signal.SIGKILL if victim == "killed" else signal.SIGSTOP)
    wait_for(source, "reconnecting")
    assert source.take(20).epoch == 2
    assert not psutil.pid_exists(decoder.pid)


@pytest.mark.parametrize(
    "message",
    [{"type": "frame"}, {"type": "beat", "packets": "many"}, {}, {"type": "end"},
     {"type": "frame", "request": 1, "offset": 1 << 40, "height": 9, "width": 9, "captured_at": 0, "pts_s": 0,
      "number": 0, "decode_ms": 0}],
)  # fmt: skip
def test_a_decoder_that_a_camera_has_taken_over_is_replaced_and_harms_nobody(message, monkeypatch):
    class Hostile:
        def __init__(self, kind: str) -> None:
            self._memory = anonymous_memory()
            FrameWriter(self._memory).write(np.zeros((2, 2, 3), np.uint8))
            self._frames, self.image = FrameReader(self._memory), partial(DecoderClient.image, self)

        def open(self, *_: object) -> None:
            """Nothing of what is asked for is done."""

        def messages(self, timeout_s: float) -> Iterator[tuple[Message, bytes]]:
            yield message, b""

        def close(self, *, goodbye: bool = True) -> None:
            os.close(self._memory)

    monkeypatch.setattr("neuropose_ray.video.live.source.DecoderClient", Hostile)
    source = LiveSource("rtsp://127.0.0.1/1", SourceOptions(), access=SourceAccess(private_networks=True))
    source.start()
    wait_for(source, "reconnecting")
    assert source.status().last_error == "the decoder says what is no message"
    source.close()


def test_a_refused_password_fails_is_tried_slowly_and_never_shown(live: Live, caplog):
    caplog.set_level(logging.DEBUG)
    with HttpCamera(credentials=("admin", "geheim")) as camera:
        url = camera.url("/snapshot.jpg").replace("geheim", "falsch")
        source = live(url, reconnect_interval_s=0.05, denied_retry_s=600)
        wait_for(source, "failed")
        assert camera.requests["/snapshot.jpg"] == 2
        status = source.status()
    assert status.last_error == "user or password is refused (401)"
    everything = f"{status} {source!r} {caplog.text} {threading.enumerate()}"
    assert "falsch" not in everything
    assert "admin" not in everything
    assert "***@" in caplog.text


@pytest.mark.endurance
def test_a_refused_password_of_rtsp_fails_too_and_a_right_one_is_found_later(live: Live, rtsp_camera: Camera):
    camera = rtsp_camera(credentials=("admin", "geheim"))
    source = live(camera.url.replace("geheim", "falsch"), denied_retry_s=0.2)
    wait_for(source, "failed")
    assert source.status().last_error == "user or password is refused"
    assert source.take(0.5) is None
    right = live(camera.url)
    assert right.take(20) is not None


def test_after_the_last_retry_it_has_failed_for_good(live: Live):
    source = live(f"rtsp://127.0.0.1:{free_port()}/1", max_retries=1, reconnect_interval_s=0.05)
    wait_for(source, "failed")
    deadline = time.monotonic() + 20
    while (status := source.status()).reconnects < 1 or status.state != "failed":
        assert time.monotonic() < deadline
    assert source.take(60) is None
    assert source.status().state == "failed"


@pytest.mark.slow
def test_snapshots_come_with_their_time_and_a_picture_that_stays_the_same_is_no_stall(live: Live):
    with HttpCamera() as camera:
        camera.headers["X-Timestamp"] = str(taken_at := time.time() - 5)
        camera.picture = jpeg(7)
        source = live(camera.url("/snapshot.jpg"), fps=20, stall_s=1, kill_s=1.5)
        frame = source.take(20)
        assert (read_stamp(frame.image), frame.captured_at, frame.pts_s) == (7, taken_at, None)
        assert source.take(2) is None
        assert (source.status().state, source.status().epoch) == ("active", 1)
        camera.picture = jpeg(8)
        assert read_stamp(source.take(20).image) == 8


def test_what_an_http_camera_is_shows_in_its_answer(live: Live):
    with HttpCamera() as camera:
        camera.other["/page"] = ("text/html", b"<html>")
        source = live(camera.url("/video.mjpeg"), fps=None)
        assert age_ms(source.take(20).image) < 5000
        refused = live(camera.url("/page"))
        wait_for(refused, "failed")
        assert "text/html" in refused.status().last_error


@pytest.mark.endurance
def test_a_playlist_that_moves_on_is_followed(live: Live):
    with hls_camera() as url:
        source = live(url, access=SourceAccess(private_networks=True, hls=True), fps=None, buffer="wait")
        frames = [frame for frame in (source.take(2) for _ in range(80)) if frame is not None]
        assert len(frames) >= 60  # more than the playlist ever had at a time
        assert {frame.epoch for frame in frames} == {1}
        assert all(later.pts_s > earlier.pts_s for earlier, later in pairwise(frames))


def test_a_file_is_given_whole_to_who_waits_and_then_it_has_ended(live: Live, test_data, tmp_path: Path):
    file = test_data / "odd/made_vfr_walk.mp4"
    source = live(str(file), SourceAccess(files=(test_data,)), fps=None, buffer="wait", realtime=False)
    frames = []
    while (frame := source.take(20)) is not None:
        frames.append(frame)
        time.sleep(0.005)
    assert [frame.number for frame in frames] == list(range(55))
    status = source.status()
    assert (status.state, status.ended, status.frames_decoded, status.frames_taken) == ("stopped", True, 55, 55)
    assert status.frames_dropped == 0
    assert source.clip(0.5, tmp_path / "clip.mp4").frames > 10


@pytest.mark.endurance
def test_a_slow_consumer_gets_the_latest_frame_or_the_last_few(live: Live, test_data):
    access, file = SourceAccess(files=(test_data,)), str(test_data / "opencap/squat.mp4")
    latest, queued = live(file, access, fps=None), live(file, access, fps=None, buffer="drop_oldest", buffer_frames=3)
    for source in (latest, queued):
        source.take(20)
    time.sleep(2)
    fresh, oldest = latest.take(5), queued.take(5)
    assert time.time() - fresh.captured_at < 0.5
    assert oldest.number > 3
    assert latest.status().frames_dropped > 20
    assert queued.status().frames_dropped > 20


@pytest.mark.endurance
def test_a_target_rate_holds_for_a_file(live: Live, test_data):
    access, file = SourceAccess(files=(test_data,)), str(test_data / "opencap/squat.mp4")
    source = live(file, access, fps=5, buffer="wait", realtime=False)
    times = [source.take(20).pts_s for _ in range(10)]
    # A frame may be taken for the one that is due a quarter of an interval early.
    np.testing.assert_allclose(np.diff(times), 0.2, atol=0.051)
    assert times[-1] - times[0] == pytest.approx(1.8, abs=0.051)


@pytest.mark.endurance
def test_several_threads_may_take_and_no_frame_is_given_twice(live: Live, test_data):
    access, file = SourceAccess(files=(test_data,)), str(test_data / "odd/made_vfr_walk.mp4")
    source = live(file, access, fps=None, buffer="wait", realtime=False)

    def take_all(_: int) -> list[int]:
        numbers = []
        while (frame := source.take(20)) is not None:
            numbers.append(frame.number)
        return numbers

    with ThreadPoolExecutor(4) as threads:
        taken = sorted(chain.from_iterable(threads.map(take_all, range(4))))
    assert taken == list(range(55))


@pytest.mark.endurance
def test_a_source_that_is_taken_from_with_short_patience_loses_no_frame_either(live: Live, test_data):
    access, file = SourceAccess(files=(test_data,)), str(test_data / "odd/made_vfr_walk.mp4")
    source = live(file, access, fps=None, buffer="wait", realtime=False)
    numbers = []
    while not source.status().ended or len(numbers) < 55:
        if (frame := source.take(0.001)) is not None:
            numbers.append(frame.number)
    assert numbers == list(range(55))


@pytest.mark.parametrize(
    "state", ["new", "starting", "active", "stalled", "frozen", "reconnecting", "failed", "ended"]
)
def test_every_state_ends_within_two_seconds_and_nothing_is_left(state, live: Live, test_data, monkeypatch):
    before = psutil.Process().num_fds()
    with HttpCamera(credentials=("admin", "geheim") if state == "failed" else None) as camera:
        url = camera.url("/video.mjpeg").replace("geheim", "falsch")
        access = SourceAccess(private_networks=True, files=(test_data,))
        if state in ("starting", "stalled"):
            camera.halted.set()
        if state == "reconnecting":
            url = f"rtsp://127.0.0.1:{free_port()}/1"
        if state == "ended":
            url = str(test_data / "odd/made_one_frame.mp4")
        source = LiveSource(url, SourceOptions(stall_s=0.3, kill_s=60, reconnect_interval_s=60), access=access)
        if state != "new":
            source.start()
        if state in ("active", "frozen"):
            assert source.take(20) is not None
        if state == "frozen":
            os.kill(descendants()[0].pid, signal.SIGSTOP)
        if state in ("reconnecting", "failed"):
            wait_for(source, state)
        if state == "ended":
            wait_for(source, "stopped")
        waiting = threading.Thread(target=source.take, args=[60])
        waiting.start()
        began = time.monotonic()
        source.close()
        assert time.monotonic() - began < CLOSES_WITHIN_S
        waiting.join(2)
        assert not waiting.is_alive()
    assert source.status().state == "stopped"
    assert not descendants()
    assert not [thread for thread in threading.enumerate() if thread.name == "live source"]
    assert psutil.Process().num_fds() <= before + 1
    source.close()
    with pytest.raises(SourceError, match="closed"):
        source.start()


def test_a_clip_needs_something_that_is_kept(test_data, tmp_path: Path):
    camera = LiveSource("rtsp://127.0.0.1/1", SourceOptions(), access=SourceAccess(private_networks=True))
    with pytest.raises(SourceError, match="clip_s"):
        camera.clip(1, tmp_path / "clip.mp4")
    file = LiveSource(str(test_data / "opencap/walk.mp4"), SourceOptions(), access=SourceAccess(files=(test_data,)))
    with pytest.raises(SourceError, match="no frame"):
        file.clip(1, tmp_path / "clip.mp4")


def test_a_source_that_may_not_be_opened_is_refused_at_once():
    with pytest.raises(SourceError, match="network"):
        LiveSource("rtsp://u:geheim@127.0.0.1/1", SourceOptions(), access=SourceAccess())
