"""A camera whose pictures come in segments: a playlist of the last few, behind a web server of this machine."""

import functools
import http.server
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from support.http_server import served

FPS = 10
_SIZE = (320, 192)
_SEGMENTS = {"hls_time": "1", "hls_list_size": "4", "hls_flags": "delete_segments"}


@contextmanager
def hls_camera() -> Iterator[str]:
    """The URL of its playlist, in which there is a segment already; it goes on as long as the block runs."""
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        feeder = threading.Thread(target=_feed, args=(Path(folder), stop), daemon=True)
        feeder.start()
        handler = functools.partial(_Quiet, directory=folder)
        with served(handler) as port:
            while not (Path(folder) / "live.m3u8").exists():
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/live.m3u8"
        stop.set()
        feeder.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def _feed(folder: Path, stop: threading.Event) -> None:
    with av.open(str(folder / "live.m3u8"), "w", format="hls", options=_SEGMENTS) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = _SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(FPS)}
        number = 0
        while not stop.is_set():
            frame = av.VideoFrame.from_ndarray(np.full((*_SIZE[::-1], 3), 5 * number % 255, np.uint8))
            frame.pts = number
            number += 1
            container.mux(stream.encode(frame))
            time.sleep(1 / FPS)
