"""Encodes stamped pictures at their rate and writes them, each behind its length, to the standard output.

Arguments: width, height, frames per second, frames between keyframes, and a video to show; without one a pattern.
"""

import struct
import sys
import time
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import av
import numpy as np
from support.rtsp.stamps import milliseconds, write_stamp

# What could not be shown in time is left out, as a camera that was halted does.
LATE_S = 0.5


def pictures(width: int, height: int, video: Path | None) -> list[np.ndarray]:
    """A few seconds of pictures, YUV 4:2:0, ``(height * 3 / 2, width)``."""
    if video is not None:
        with av.open(str(video)) as container:
            frames = (frame for _, frame in zip(range(300), container.decode(video=0), strict=False))
            return [frame.reformat(width, height, "yuv420p").to_ndarray() for frame in frames]
    rows = np.arange(height * 3 // 2)[:, None]
    columns = np.arange(width)[None]
    return [((rows + columns + 4 * step) % 200 + 20).astype(np.uint8) for step in range(50)]


def encoder(width: int, height: int, fps: int, gop: int) -> av.VideoCodecContext:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate, context.thread_count = Fraction(1, fps), Fraction(fps), 1
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(gop), "x264-params": "repeat-headers=1"}
    return context


def main() -> None:
    width, height, fps, gop = map(int, sys.argv[1:5])
    shown = cycle(pictures(width, height, Path(sys.argv[5]) if len(sys.argv) > 5 else None))
    context, output = encoder(width, height, fps, gop), sys.stdout.buffer
    due = time.monotonic()
    for number, picture in enumerate(shown):
        stamped = picture.copy()
        write_stamp(stamped, milliseconds())
        frame = av.VideoFrame.from_ndarray(stamped, format="yuv420p")
        frame.pts = number
        for packet in context.encode(frame):
            data = bytes(packet)
            output.write(struct.pack(">I", len(data)) + data)
            output.flush()
        due += 1 / fps
        if time.monotonic() - due > LATE_S:
            due = time.monotonic()
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        sys.stderr.close()
