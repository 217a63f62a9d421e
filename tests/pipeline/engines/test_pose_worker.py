"""A process with several chunks in flight ends for the sake of one: the others pay nothing."""

import threading
from functools import partial
from pathlib import Path

import pytest
from support.poison import CHUNK_FRAMES, PoisonSpec, notes, write_video

from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, CancelledError
from neuropose_ray.pipeline.chunks.commit import ChunkStore
from neuropose_ray.pipeline.chunks.worker import ChunkWorker, RunContext
from neuropose_ray.pipeline.engines.pose_worker import end_when_stalled
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.plan import ChunkRef, VideoPlan, plan_video
from neuropose_ray.pipeline.planning.plan_file import write_plan
from neuropose_ray.pipeline.settings import CameraSettings
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
