"""A process with several chunks in flight ends for the sake of one: the others pay nothing."""

import threading
from functools import partial
from pathlib import Path

import pytest
from support.poison import CHUNK_FRAMES, PoisonSpec, notes, write_video

from neuropose_ray.pipeline.chunks.active_attempts import InFlight, StoppedError
from neuropose_ray.pipeline.chunks.commit import ChunkStore
from neuropose_ray.pipeline.chunks.worker import ChunkWork, ChunkWorker
from neuropose_ray.pipeline.engines.pose_worker import end_when_stalled
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.plan import ChunkName, VideoPlan, plan_video
from neuropose_ray.pipeline.planning.plan_file import write_plan
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.video.sources import open_source

RUN = "run"


@pytest.fixture
def work(tmp_path: Path) -> ChunkWork:
    """Two chunks, of which the first hangs."""
    spec = PoisonSpec("hang", tmp_path / "log", release=tmp_path / "release")
    return ChunkWork(spec, tmp_path / "out", decode_threads=1, max_attempts=2)


@pytest.fixture
def plan(work: ChunkWork, tmp_path: Path) -> VideoPlan:
    video = write_video(tmp_path / "v.mp4", 2, bright=(0,))
    source = open_source(video)
    plan = plan_video(FoundVideo("v", video), source, work.spec, CameraSettings(), CHUNK_FRAMES)
    write_plan(work.plan_path("v"), plan)
    return plan


def test_the_chunk_that_hangs_is_charged_and_its_neighbour_is_not(work: ChunkWork, plan: VideoPlan):
    in_flight = InFlight(2)
    worker = ChunkWorker(work, in_flight, run=RUN)
    stopped = []

    def call(index: int) -> None:
        try:
            worker(ChunkName("v", index))
        except StoppedError:
            stopped.append(index)

    threads = [threading.Thread(target=partial(call, index)) for index in (0, 1)]
    threads[0].start()
    while not notes(work.spec.log, "bright"):
        assert threads[0].is_alive()
    threads[1].start()  # it waits for its turn at the model, which does not come
    codes: list[int] = []
    while len(in_flight.others()) < 2:
        assert threads[1].is_alive()
    end_when_stalled(in_flight, lambda _: work, 0.5, end=codes.append)
    assert codes == [1]
    store = ChunkStore(work.out / "v" / "chunks")
    guilty, innocent = (store.attempts(key).settled(RUN) for key in plan.keys)
    assert (guilty.count, guilty.last_error.type, guilty.last_error.stage) == (1, "StalledError", "model")
    assert (innocent.count, innocent.suspect, innocent.open) == (0, False, None)
    work.spec.release.touch()  # what hung returns after all, and changes nothing
    for thread in threads:
        thread.join(10)
    assert sorted(stopped) == [0, 1]
    assert [store.committed(key) for key in plan.keys] == [None, None]
