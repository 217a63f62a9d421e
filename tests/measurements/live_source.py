"""How fresh and how many the frames of a live source are; run by hand: ``python tests/measurements/live_source.py``.

A real RTSP server sends pictures with the time at which they were made, so that an age is exact: from before the
camera's encoder to the consumer's array. The same stream is read by a bare loop of the media library in a process of
its own, in turn with the source, so that the ratio on a busy machine is that on a quiet one. Then the source with
consumers that are slower, and the CPU of the decoder's process per frame.
"""

import argparse
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.rtsp.camera import TESTS, RtspCamera
from support.rtsp.stamps import age_ms

from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import LiveSource, SourceAccess

#: Decodes and converts every frame, and prints their number per second and the percentiles of their age.
BARE_LOOP = """
import sys, time
import av, numpy as np
sys.path.insert(0, sys.argv[3])
from support.rtsp.stamps import age_ms
options = {"rtsp_transport": sys.argv[4], "fflags": "nobuffer", "flags": "low_delay"}
ages, began = [], None
with av.open(sys.argv[1], options=options) as container:
    for frame in container.decode(video=0):
        image = frame.to_ndarray(format="rgb24")
        began = began or time.monotonic()
        if time.monotonic() - began > float(sys.argv[2]) + 2:
            break
        if time.monotonic() - began > 2:
            ages.append(age_ms(image))
print(len(ages) / float(sys.argv[2]), *np.percentile(ages, [50, 95]))
"""


def bare_loop(url: str, seconds: float, transport: str) -> tuple[float, float, float]:
    command = [sys.executable, "-c", BARE_LOOP, url, str(seconds), str(TESTS), transport]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    fps, median, high = map(float, printed.split())
    return fps, median, high


def source(url: str, seconds: float, transport: str, pause_s: float) -> tuple[float, float, float, float]:
    """Frames per second, ages, and milliseconds of CPU per decoded frame."""
    options = SourceOptions(fps=None, transport=transport)  # type: ignore[arg-type]
    with closing(LiveSource(url, options, access=SourceAccess(private_networks=True))) as live:
        live.start()
        assert live.take(20) is not None
        ages: list[float] = []
        until = time.monotonic() + 2
        while time.monotonic() < until:
            live.take(1)
        (decoder,) = [p for p in psutil.Process().children() if "decoder_process" in " ".join(p.cmdline())]
        before, decoded = decoder.cpu_times(), live.status().frames_decoded
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if (frame := live.take(1)) is not None:
                ages.append(age_ms(frame.image))
                time.sleep(pause_s)
        after = decoder.cpu_times()
        cpu_s = after.user + after.system - before.user - before.system
        cpu_ms = 1000 * cpu_s / max(1, live.status().frames_decoded - decoded)
    median, high = np.percentile(ages, [50, 95])
    return len(ages) / seconds, float(median), float(high), cpu_ms


def measure(size: str, fps: int, seconds: float, rounds: int, video: Path | None) -> None:
    width, height = map(int, size.split("x"))
    with RtspCamera(size=(width, height), fps=fps, gop=fps, video=video) as camera:
        for transport in ("tcp", "udp"):
            for _ in range(rounds):
                bare = bare_loop(camera.url, seconds, transport)
                ours = source(camera.url, seconds, transport, 0.0)
                print(f"{transport}: bare loop {bare[0]:.1f} fps, age {bare[1]:.0f} / {bare[2]:.0f} ms; source "
                      f"{ours[0]:.1f} fps, age {ours[1]:.0f} / {ours[2]:.0f} ms, {ours[3]:.1f} ms CPU a frame; "
                      f"ratio {ours[0] / bare[0]:.3f}")  # fmt: skip
        for pause_s in (0.04, 0.2):
            fps_taken, median, high, cpu_ms = source(camera.url, seconds, "tcp", pause_s)
            print(f"a consumer that takes {pause_s:g} s for a frame: {fps_taken:.1f} fps, age {median:.0f} / "
                  f"{high:.0f} ms, {cpu_ms:.1f} ms CPU a decoded frame")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--video", type=Path)
    measure(**vars(parser.parse_args()))
