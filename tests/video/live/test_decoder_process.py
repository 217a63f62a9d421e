"""The decoder's process: pictures for who asks, an end with its reason, and no life of its own."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import SourceAccess
from neuropose_ray.video.live.decoder_client import DecoderClient
from neuropose_ray.video.live.wire import Message

#: Starts a source in a process of its own, and waits to be killed.
PARENT = """
import sys, time
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import LiveSource, SourceAccess
from pathlib import Path
source = LiveSource(sys.argv[1], SourceOptions(fps=None), access=SourceAccess(files=(Path(sys.argv[1]).parent,)))
source.start()
assert source.take(30) is not None
print(source._decoder.pid, flush=True)
time.sleep(3600)
"""


def messages(decoder: DecoderClient, until: str, within_s: float = 30) -> list[Message]:
    """All messages up to the first of a type."""
    heard, deadline = [], time.monotonic() + within_s
    while time.monotonic() < deadline:
        for message, _ in decoder.messages(0.1):
            heard.append(message)
            if message["type"] == until:
                return heard
    raise AssertionError(f"no {until} among {heard}")


def opened(path: Path, **options) -> DecoderClient:
    decoder = DecoderClient("file")
    decoder.open(path.as_uri(), SourceOptions(**options), SourceAccess(files=(path.parent,)))
    return decoder


def test_a_picture_comes_for_who_asks_and_for_nobody_else(test_data):
    options = {"fps": None, "buffer": "wait", "buffer_frames": 4, "realtime": False}
    with closing(opened(test_data / "odd/made_vfr_walk.mp4", **options)) as decoder:
        idle = [message for message in messages(decoder, "beat") if message["type"] == "frame"]
        assert not idle
        for request in range(1, 4):
            decoder.ask(request, time.monotonic() + 10)
            frame = messages(decoder, "frame")[-1]
            assert (frame["request"], frame["number"]) == (request, request - 1)
            assert decoder.image(frame).shape == (frame["height"], frame["width"], 3)
            assert decoder.image(frame).std() > 1


def test_a_request_that_nobody_waits_for_any_more_is_not_answered(test_data):
    with closing(opened(test_data / "odd/made_vfr_walk.mp4", fps=1)) as decoder:
        decoder.ask(1, time.monotonic() + 10)
        messages(decoder, "frame")
        decoder.ask(2, time.monotonic() + 0.01)
        decoder.ask(3, time.monotonic() + 20)
        assert messages(decoder, "frame")[-1]["request"] == 3


def test_the_end_comes_after_the_last_picture_and_with_its_reason(test_data, tmp_path):
    options = {"fps": None, "buffer": "wait", "realtime": False}
    with closing(opened(test_data / "odd/made_one_frame.mp4", **options)) as decoder:
        decoder.ask(1, time.monotonic() + 10)
        kinds = [message["type"] for message in messages(decoder, "end") if message["type"] != "beat"]
        assert kinds == ["ready", "frame", "end"]
    with closing(opened(tmp_path / "none.mp4")) as decoder:
        end = messages(decoder, "end")[-1]
        assert end["reason"] == "there is no such file"
        assert str(tmp_path) not in end["reason"]


def test_its_arguments_show_no_url(test_data):
    with closing(opened(test_data / "odd/made_vfr_walk.mp4")) as decoder:
        assert "walk" not in " ".join(psutil.Process(decoder.pid).cmdline())
        assert "walk" not in "".join(psutil.Process(decoder.pid).environ().values())


@pytest.mark.parametrize("frozen", [True, pytest.param(False, marks=pytest.mark.endurance)])
def test_it_ends_with_the_process_that_started_it_however_that_ends(frozen, test_data):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(test_data / "opencap/squat.mp4")], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    decoder = psutil.Process(int(parent.stdout.readline()))
    if frozen:
        os.kill(parent.pid, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([decoder], timeout=10)
    assert not alive
