"""What it costs to plan very many short videos, and to plan them again.

``python tests/measurements/planning.py --inputs 10000`` plans so many hard links of a one-second video, or so many
copies where ``--copies`` is given: first into an empty folder, then again with nothing changed. It prints seconds,
what an input costs, the same as a multiple of what one probe costs in one thread, and the peak of memory.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from neuropose_ray.benchmark.synthetic import SyntheticSpec, write_synthetic_video
from neuropose_ray.pipeline.chunks.worker import peak_rss_mb
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.inputs.discovery import discover
from neuropose_ray.pipeline.planning.planner import named_videos, plan_videos, planner_for
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestWriter
from neuropose_ray.pipeline.state.run_layout import manifest_folder
from neuropose_ray.video import open_source, probe

#: Inputs whose packets are read for comparison.
PROBED = 200
#: Hard links of one file: some file systems allow no more than 65,000.
LINKS = 50_000


def inputs(folder: Path, count: int, *, copies: bool) -> Path:
    """A folder of so many names of one video, or so many copies of it."""
    folder.mkdir()
    original = folder.with_suffix(".mp4")
    write_synthetic_video(original, 1)
    for number in range(count):
        name = folder / f"trial_{number:06}.mp4"
        if copies or number % LINKS == 0:
            shutil.copyfile(original, name)
            linked = name
        else:
            os.link(linked, name)
    return folder


def plan(videos: Path, out: Path, workers: int) -> int:
    """Plan as a run does; how many inputs can be processed."""
    engine = LocalEngine(workers)
    try:
        found = discover([videos], out)
        with ManifestWriter(manifest_folder(out)) as writer:
            known = Manifest.read(writer.folder)
            named = named_videos(found, known)
            planner = planner_for(RunSettings(), SyntheticSpec(), out, engine.workers)

            def rows():
                for planned in plan_videos(named, known, planner, engine):
                    before = known.rows([row.name for row in planned])
                    writer.add(row for row, old in zip(planned, before, strict=True) if row != old)
                    yield from planned

            manifest = Manifest.of(rows())
            writer.flush()
            return manifest.count("planned")
    finally:
        engine.close()


def seconds(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def probe_some(videos: Path) -> None:
    for path in sorted(videos.iterdir())[:PROBED]:
        probe(open_source(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--copies", action="store_true", help="copies instead of hard links of one file")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_planning_") as name:
        videos = inputs(Path(name) / "in", options.inputs, copies=options.copies)
        probe_ms = 1000 * seconds(lambda: probe_some(videos)) / PROBED
        print(f"one probe alone: {probe_ms:.2f} ms")
        for what in ("first", "again"):
            took = seconds(lambda: plan(videos, Path(name) / "out", options.workers))
            each_ms = 1000 * took / options.inputs
            print(
                f"{what}: {took:.1f} s, {each_ms:.2f} ms an input, {each_ms / probe_ms:.2f} of a probe; "
                f"peak {peak_rss_mb():.0f} MB"
            )


if __name__ == "__main__":
    main()
