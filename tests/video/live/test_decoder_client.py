"""A decoder's process from outside: started, ended in every state, and nothing of it left."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import SourceAccess
from neuropose_ray.video.live.decoder_client import DecoderClient, DecoderLostError


def heard(decoder: DecoderClient, within_s: float = 30) -> str:
    """The type of the next message."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for message, _ in decoder.messages(0.1):
            return str(message["type"])
    raise AssertionError("nothing is said")


def hear_the_end(decoder: DecoderClient) -> None:
    for _ in range(300):
        list(decoder.messages(0.1))


def test_it_is_ended_whatever_it_does_and_leaves_nothing():
    own = psutil.Process()
    before = own.num_fds()
    for state in ("starting", "ready", "frozen"):
        decoder = DecoderClient("file")
        if state != "starting":
            assert heard(decoder) == "ready"
        if state == "frozen":
            os.kill(decoder.pid, signal.SIGSTOP)
        began = time.monotonic()
        decoder.close()
        assert time.monotonic() - began < 2
        assert not psutil.pid_exists(decoder.pid)
    assert own.num_fds() == before


def test_a_decoder_that_dies_is_missed_with_its_signal_and_not_with_what_it_knew():
    decoder = DecoderClient("file")
    decoder.open("rtsp://u:geheim@127.0.0.1:1/a", SourceOptions(), SourceAccess())
    os.kill(decoder.pid, signal.SIGSEGV)
    with pytest.raises(DecoderLostError, match="signal 11") as lost:
        hear_the_end(decoder)
    assert "geheim" not in str(lost.value)
    decoder.ask(1, time.monotonic() + 1)
    decoder.close()


def test_a_decoder_that_cannot_be_loaded_says_which_kind_of_error_it_was(tmp_path: Path, monkeypatch):
    (tmp_path / "av.py").write_text("raise RuntimeError('rtsp://u:geheim@cam/')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    decoder = DecoderClient("file")
    with pytest.raises(DecoderLostError, match=r"ended \(1\): RuntimeError$"):
        hear_the_end(decoder)
    decoder.close()
