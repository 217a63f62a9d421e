"""What an actor does with several calls at once, without a Ray around it."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from support.calls import calls_in
from support.device_model import CLIP_FRAMES, DeviceSpec, clips
from support.poison import CHUNK_FRAMES, PoisonSpec, notes, write_video

from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, CancelledError
from neuropose_ray.pipeline.chunks.commit import ChunkStore
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, ChunkWorker, RunContext
from neuropose_ray.pipeline.engines import pose_worker
from neuropose_ray.pipeline.engines.pose_worker import PoseWorker, WorkerSetup, end_when_stalled
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.plan import ChunkRef, VideoPlan, plan_video
from neuropose_ray.pipeline.planning.plan_file import write_plan
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.metric import Metric
from neuropose_ray.video.sources import open_source

RUN = "run"


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    """Two chunks, of which the first hangs."""
    spec = PoisonSpec("hang", tmp_path / "log", release=tmp_path / "release")
    return RunContext(spec, tmp_path / "out", decode_threads=1, max_attempts=2)


@pytest.fixture
def plan(context: RunContext, tmp_path: Path) -> VideoPlan:
    video = write_video(tmp_path / "v.mp4", 2, bright=(0,))
    source = open_source(video)
    plan = plan_video(FoundVideo("v", video), source, context.spec, CameraSettings(), CHUNK_FRAMES)
    write_plan(context.plan_path("v"), plan)
    return plan


def test_the_chunk_that_hangs_is_charged_and_its_neighbour_is_not(context: RunContext, plan: VideoPlan):
    in_flight = ActiveAttempts(2)
    worker = ChunkWorker(context, in_flight, run=RUN)
    stopped = []

    def call(index: int) -> None:
        try:
            worker(ChunkRef("v", index))
        except CancelledError:
            stopped.append(index)

    threads = [threading.Thread(target=partial(call, index)) for index in (0, 1)]
    threads[0].start()
    while not notes(context.spec.log, "bright"):
        assert threads[0].is_alive()
    threads[1].start()  # it waits for its turn at the model, which does not come
    codes: list[int] = []
    while len(in_flight.others()) < 2:
        assert threads[1].is_alive()
    end_when_stalled(in_flight, lambda _: context, 0.5, end=codes.append)
    assert codes == [1]
    store = ChunkStore(context.out / "v" / "chunks")
    guilty, innocent = (store.attempts(key).resolve(RUN) for key in plan.keys)
    assert (guilty.count, guilty.last_error.type, guilty.last_error.stage) == (1, "StalledError", "model")
    assert (innocent.count, innocent.isolate_next, innocent.open) == (0, False, None)
    context.spec.release.touch()  # what hung returns after all, and changes nothing
    for thread in threads:
        thread.join(10)
    assert sorted(stopped) == [0, 1]
    assert [store.committed(key) for key in plan.keys] == [None, None]


class NoMeter:
    """Stands for Ray's metrics, which need a Ray; adds up what it is told."""

    def __init__(self, run_name: str, metrics: Sequence[Metric]) -> None:
        self.sums: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, metric: Metric, amount: float, **tags: str) -> None:
        with self._lock:
            self.sums[metric.name] += amount


def test_calls_that_ray_makes_at_once_fill_batches_across_videos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(pose_worker, "RayMeter", NoMeter)
    monkeypatch.setattr(pose_worker, "_load", lambda _context, load: load())
    spec = DeviceSpec(tmp_path / "log", call_s=0.0, frame_s=0.0, batch_size=16)
    context = RunContext(spec, tmp_path / "out", decode_threads=1, max_attempts=2)
    videos = clips(tmp_path / "clips", 40)
    for video in videos:
        plan = plan_video(FoundVideo(video.stem, video), open_source(video), spec, CameraSettings(), CHUNK_FRAMES * 4)
        write_plan(context.plan_path(video.stem), plan)
    setup = WorkerSetup(RUN, "run", "fused", decoders=2, chunks_at_once=10, stall_limit_s=600)
    worker = PoseWorker(context, setup)
    with ThreadPoolExecutor(setup.chunks_at_once) as pool:
        rows = list(pool.map(lambda video: worker({"video": [video.stem], "chunk": [0]}), videos))
    outcomes = [ChunkOutcome.model_validate_json(row["outcome"][0]) for row in rows]
    assert [(outcome.state, outcome.frames) for outcome in outcomes] == [("done", CLIP_FRAMES)] * 40
    assert calls_in(spec.log).fill() >= 0.9
    counted = worker._meter.sums
    assert counted["neuropose_frames_inferred"] == 40 * CLIP_FRAMES
    assert counted["neuropose_frames_inferred"] / counted["neuropose_batch_slots"] == calls_in(spec.log).fill()
