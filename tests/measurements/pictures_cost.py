"""What overlay and report cost beside the poses: ``python tests/measurements/pictures_cost.py CLIP.mp4``.

Prints ratios of one run, whole commands in turn: ``process --overlay --report`` to ``process``; the overlay alone to
x264 of the same frames, on all cores, at the settings of overlays and at those of a file to keep; with
``--mediapipe-python``, an interpreter that has mediapipe, ``process`` to MediaPipe's own loop over the decoded clip;
with ``--before``, another checkout of the package, each command to that one's. ``--repeats`` takes medians.
"""

import argparse
import compileall
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice, product
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.render.overlay.video import encoding_of, render_overlay
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE
from neuropose_ray.video import Chunk, VideoSource, VideoWriter, decode_chunk, open_source, probe

COMMANDS = {"process": (), "process --overlay --report": ("--overlay", "--report")}
PROGRAM = (sys.executable, "-c", "from neuropose_ray.cli import main; main()", "process")
#: Frames that are held in memory to be encoded.
ENCODED = 240


class Cost(NamedTuple):
    """Of a whole command."""

    wall_s: float
    cpu_s: float


def cost(package: Path, clip: Path, out: Path, *flags: str) -> Cost:
    """What a command takes, with the package of some checkout."""
    words = [*PROGRAM, str(clip), "--out", str(out), "--engine", "local", *flags]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # Python looks for the package of a ``-c`` in its working folder first.
    subprocess.run(
        words, check=True, capture_output=True, cwd=package, env={**os.environ, "PYTHONPATH": str(package)}
    )
    wall_s, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def overlay_rates(clip: Path, out: Path, settings: OverlaySettings) -> tuple[float, float]:
    """Frames per second of an overlay, and of x264 of the frames that are in it."""
    predictions, made = out / clip.stem / PREDICTIONS_FILE, out / "overlay.mp4"
    begin = time.perf_counter()
    frames = render_overlay(open_source(clip), predictions, made, settings=settings, progress=lambda *_: None)
    overlay = frames / (time.perf_counter() - begin)
    info = probe(VideoSource(made, "file"))
    whole = Chunk(0, -np.inf, np.inf, 0, info.frame_count)
    decoded = list(islice(decode_chunk(info, whole, pictures="planes"), ENCODED))
    size, encoding = {"width": info.width, "height": info.height}, encoding_of(settings)
    begin = time.perf_counter()
    with VideoWriter(out / "again.mp4", **size, settings=encoding) as writer:
        for frame in decoded:
            writer.write_planes(frame.planes, frame.matrix, frame.timestamp_s)
    return overlay, len(decoded) / (time.perf_counter() - begin)


def mediapipe_s(python: Path, clip: Path, out: Path) -> float:
    """Seconds of MediaPipe's own loop over all frames, which it need not decode."""
    from neuropose_ray.benchmark.clip import Clip
    from neuropose_ray.benchmark.mediapipe_baseline import MediaPipeBaseline

    info = probe(open_source(clip))
    path = out / "frames.rgb"
    with path.open("wb") as file:
        for frame in decode_chunk(info, Chunk(0, -np.inf, np.inf, 0, info.frame_count)):
            file.write(frame.image)
    frames = path.stat().st_size // (3 * info.width * info.height)
    with MediaPipeBaseline(python, Clip(path, frames, info.height, info.width)) as loop:
        return frames / loop.rate(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--mediapipe-python", type=Path)
    options = parser.parse_args()
    clip, here = options.clip.resolve(), Path(__file__).parents[2]
    packages = {"": here} | ({"before": options.before.resolve()} if options.before else {})
    for package in packages.values():  # as an installed package is
        compileall.compile_dir(package / "neuropose_ray", quiet=1)
    taken: dict[tuple[str, str], list[Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for repeat, (name, flags), (place, package) in product(
            range(options.repeats), COMMANDS.items(), packages.items()
        ):
            taken.setdefault((name, place), []).append(cost(package, clip, work / f"{repeat}{name}{place}", *flags))
            print(f"{name} {place}:", "{:.2f} s, {:.2f} s of CPU".format(*taken[name, place][-1]), flush=True)
        costs = {key: Cost(*map(median, zip(*values, strict=True))) for key, values in taken.items()}
        for place in packages:
            ratios = [both / poses for poses, both in zip(*(costs[name, place] for name in COMMANDS), strict=True)]
            print(f"with overlay and report to poses alone {place}:", "{:.2f} x, {:.2f} x of CPU".format(*ratios))
        for name in COMMANDS if options.before else ():
            ratios = [was / now for was, now in zip(costs[name, "before"], costs[name, ""], strict=True)]
            print(f"{name}, before to now:", "{:.2f} x, {:.2f} x of CPU".format(*ratios), flush=True)
        out = work / "0process"
        for settings in (OverlaySettings(), OverlaySettings(encoder_preset="veryfast", encoder_crf=20)):
            overlay, encoder = overlay_rates(clip, out, settings)
            name = settings.encoder_preset
            print(f"overlay, {name}: {overlay:.0f} frames/s, {overlay / encoder:.2f} of x264 alone", flush=True)
        if options.mediapipe_python:
            loop_s = mediapipe_s(options.mediapipe_python, clip, work)
            print(f"process: {loop_s / costs['process', ''].wall_s:.2f} x MediaPipe's loop")


if __name__ == "__main__":
    main()
