"""How fast frames are measured: beside bare decoding of luma, and beside poses.

    python tests/measurements/curation.py [--frames 2000] [--poses 300] [--passes 3]

Made clips of 1280 x 720 in H.264 and VP9 and a folder of JPEGs are curated with one worker, and decoded to luma by
the same decoder with nothing behind it; both rates, and their ratio, are printed, of seconds of one core. Then a clip
is processed with BlazePose with and without `--curate`; weights are needed for that, and `--poses 0` leaves it out.
Both take turns, and the quickest pass of each counts: other programs take caches away even where they take no time.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np

from neuropose_ray.curation import CurationSettings
from neuropose_ray.models import resolve_model
from neuropose_ray.pipeline import NullReporter, RunSettings, curate, run
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.video import Chunk, ChunkDecoder, open_source, probe

WIDTH, HEIGHT = 1280, 720


def picture(index: int, backdrop: np.ndarray) -> np.ndarray:
    """A textured picture that moves."""
    return np.ascontiguousarray(np.roll(backdrop, (3 * index, 7 * index), (0, 1)))


def make_video(path: Path, codec: str, frames: int, backdrop: np.ndarray) -> Path:
    options = {"libx264": {"preset": "veryfast"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}[codec]
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 4_000_000
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, backdrop), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_folder(path: Path, frames: int, backdrop: np.ndarray) -> Path:
    path.mkdir()
    for index in range(frames):
        cv2.imwrite(str(path / f"image_{index}.jpg"), picture(index, backdrop))
    return path


def seconds_of(function: Callable[[], int], frames: int) -> float:
    """Seconds of one core, of all threads together: other programs on the machine do not count."""
    begin = time.process_time()
    count = function()
    assert count == frames, (count, frames)
    return time.process_time() - begin


def quickest(
    first: Callable[[int], int], second: Callable[[int], int], given: argparse.Namespace
) -> tuple[float, float]:
    """Seconds of the quickest pass of each of two functions of the pass's number, which take turns."""
    passes = [
        tuple(seconds_of(lambda function=function, number=number: function(number), given.frames)
              for function in (first, second))
        for number in range(given.passes)
    ]  # fmt: skip
    return min(each for each, _ in passes), min(each for _, each in passes)


def bare_luma(path: Path) -> int:
    info = probe(open_source(path))
    whole = Chunk(0, -math.inf, math.inf, 0, info.frame_count)
    return sum(1 for _ in ChunkDecoder(info, whole, pictures="luma").frames())


def curated(path: Path, out: Path) -> int:
    with closing(LocalEngine(1)) as engine:
        summary = curate([path], out, settings=CurationSettings(), engine=engine, progress=NullReporter())
    return summary.frames_decoded


def posed(path: Path, out: Path, *, curate_too: bool) -> int:
    settings = RunSettings(curate=curate_too, fit=False)
    with closing(LocalEngine(1)) as engine:
        summary = run(
            [path], out, settings=settings, spec=resolve_model(settings), engine=engine, progress=NullReporter()
        )
    return summary.frames_computed


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--frames", type=int, default=2000)
    arguments.add_argument("--poses", type=int, default=300)
    arguments.add_argument("--passes", type=int, default=3)
    given = arguments.parse_args()
    cv2.setNumThreads(1)
    noise = np.random.default_rng(3).integers(0, 256, (HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    backdrop = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = {
            "H.264": make_video(folder / "h264.mp4", "libx264", given.frames, backdrop),
            "VP9": make_video(folder / "vp9.webm", "libvpx-vp9", given.frames, backdrop),
            "JPEG": make_folder(folder / "jpeg", given.frames, backdrop),
        }
        curated(make_folder(folder / "warm", 4, backdrop), folder / "warm up")  # imports and compiles
        for kind, path in inputs.items():
            bare_s, own_s = quickest(
                lambda _number, path=path: bare_luma(path),
                lambda number, path=path, kind=kind: curated(path, folder / f"{kind} {number}"),
                given,
            )
            again_s = seconds_of(lambda path=path, kind=kind: curated(path, folder / f"{kind} 0"), 0)
            print(
                f"{kind}: bare luma {given.frames / bare_s:.0f}/s, curated {given.frames / own_s:.0f}/s, "
                f"ratio {bare_s / own_s:.2f}; rerun {again_s:.2f} s, nothing decoded"
            )
        if given.poses:
            clip = make_video(folder / "poses.mp4", "libx264", given.poses, backdrop)
            given.frames = given.poses
            alone_s, both_s = quickest(
                lambda number: posed(clip, folder / f"alone {number}", curate_too=False),
                lambda number: posed(clip, folder / f"both {number}", curate_too=True),
                given,
            )
            print(f"poses alone {alone_s:.1f} s, poses and metrics {both_s:.1f} s, ratio {alone_s / both_s:.2f}")


if __name__ == "__main__":
    main()
