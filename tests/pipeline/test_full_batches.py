"""Batches of a model that sees frames alone are filled across chunks and videos, and no number changes.

On Ray see ``test_nodes.py``, where there is a GPU in name.
"""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from measurements.endurance import table
from support.calls import calls_in
from support.device_model import CLIP_FRAMES, DeviceSpec, clips

from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings

BATCH = 16


def process(
    videos: list[Path], out: Path, spec: DeviceSpec, progress: NullReporter | None = None, **engine: Any
) -> RunSummary:
    settings = load_settings(None, {"engine": {"kind": "local", **engine}, "fit": False}, environment={})
    with started_engine(settings.engine, spec, "batches") as started:
        return run(videos, out, settings=settings, spec=spec, engine=started, progress=progress or NullReporter())


def spec(log: Path, **settings: Any) -> DeviceSpec:
    return DeviceSpec(log, call_s=0.0, frame_s=0.0, batch_size=BATCH, **settings)


@pytest.mark.slow
def test_threads_fill_batches_across_videos_and_give_what_each_video_gives_apart(tmp_path: Path):
    videos = [*clips(tmp_path / "small", 16), *clips(tmp_path / "large", 8, side=96)]
    apart = process(videos, tmp_path / "apart", spec(tmp_path / "log_apart", frames_alone=False))
    shared = process(videos, tmp_path / "shared", spec(tmp_path / "log_shared"))
    assert apart.all_well
    assert [(video.name, video.state, video.frames) for video in shared.videos] == [
        (video.name, video.state, video.frames) for video in apart.videos
    ]
    for video in shared.videos:
        assert table(tmp_path / "shared", video.name) == table(tmp_path / "apart", video.name)
    assert calls_in(tmp_path / "log_apart").fill() == CLIP_FRAMES / BATCH
    calls = calls_in(tmp_path / "log_shared")
    assert sum(calls.frames) == 24 * CLIP_FRAMES
    assert calls.fill() >= 0.9  # two sizes, of each of which the last batch is short


class Interrupt(NullReporter):
    """Ctrl-C after the first chunk."""

    def advance(self, outcome: ChunkOutcome) -> None:
        raise KeyboardInterrupt


def test_an_interrupted_run_lets_its_threads_go_and_goes_on_where_it_was(tmp_path: Path):
    videos, before = clips(tmp_path / "videos", 12), threading.active_count()
    slow = DeviceSpec(tmp_path / "log", call_s=0.3, frame_s=0.0, batch_size=BATCH)
    with pytest.raises(KeyboardInterrupt):
        process(videos, tmp_path / "out", slow, Interrupt())
    until = time.monotonic() + 30
    while threading.active_count() > before:
        assert time.monotonic() < until, [thread.name for thread in threading.enumerate()]
        time.sleep(0.02)
    again = process(videos, tmp_path / "out", spec(tmp_path / "again"))
    assert again.all_well
    assert sum(video.frames for video in again.videos) == 12 * CLIP_FRAMES
    assert again.frames_computed < 12 * CLIP_FRAMES
    assert sum(calls_in(tmp_path / "again").frames) == again.frames_computed


@pytest.mark.endurance
def test_two_hundred_videos_of_a_second_fill_batches_of_32(tmp_path: Path):
    spec = DeviceSpec(tmp_path / "log", call_s=0.001, frame_s=0.0001)
    summary = process(clips(tmp_path / "videos", 200, frames=25), tmp_path / "out", spec)
    assert summary.all_well
    assert calls_in(spec.log).fill() >= 0.95
