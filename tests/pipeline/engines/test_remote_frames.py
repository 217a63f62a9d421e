"""Who decodes makes no difference to the numbers, and a decoder elsewhere may fail in any way."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import ray
from measurements.endurance import table

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import DecoderLostError, VideoError
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights, WeightStore
from neuropose_ray.pipeline.chunks.frames import LocalFrames
from neuropose_ray.pipeline.engines.remote_frames import RemoteFrames
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.plan import ChunkTask, plan_video
from neuropose_ray.pipeline.planning.plan_file import write_plan
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings
from neuropose_ray.video.sources import open_source

pytestmark = [pytest.mark.ray, pytest.mark.endurance]


def process(videos: list[Path], out: Path, spec: PoseModelSpec, chunk_frames: int, **engine: Any) -> RunSummary:
    flags = {"engine": {"kind": "ray", **engine}, "video": {"chunk_frames": chunk_frames}, "fit": False}
    settings = load_settings(None, flags, environment={})
    with started_engine(settings.engine, spec, "shapes") as started:
        return run(videos, out, settings=settings, spec=spec, engine=started, progress=NullReporter())


def test_blazepose_which_follows_people_gives_the_same_bytes_in_both_shapes(
    ray_cluster: str, weights: Weights, test_data: Path, tmp_path: Path
):
    flags = {"blazepose": {"session_frames": 20}}
    spec = ModelSpec(weights, load_settings(None, flags, environment={}).blazepose)
    videos = [test_data / "odd" / name for name in ("made_vfr_walk.mp4", "decord_corrupted.mp4")]
    fused, split = (
        process(videos, tmp_path / shape, spec, 20, shape=shape, workers=1) for shape in ("fused", "split")
    )
    assert [video.state for video in fused.videos] == ["completed", "partial"]
    assert [video.errors for video in split.videos] == [video.errors for video in fused.videos]
    for name in ("made_vfr_walk", "decord_corrupted"):
        assert table(tmp_path / "split", name) == table(tmp_path / "fused", name)


def test_metrabs_gives_the_same_bytes_in_both_shapes(ray_cluster: str, stand_in: Path, tmp_path: Path):
    import cv2
    from support.metrabs_world import RED, paint

    (tmp_path / "walk").mkdir()
    for number in range(11):
        picture = np.zeros((120, 160, 3), np.uint8)
        paint(picture, RED, (40 + 5 * number, 30 + number, 40, 40))
        cv2.imwrite(str(tmp_path / "walk" / f"image_{number}.png"), picture[..., ::-1])
    flags = {"metrabs": {"device": "cpu", "batch_size": 4, "suppress_implausible_poses": False}}
    spec = ModelSpec(
        WeightStore(tmp_path / "cache").path(str(stand_in)), load_settings(None, flags, environment={}).metrabs
    )
    process([tmp_path / "walk"], tmp_path / "here", spec, 6, kind="local")
    process([tmp_path / "walk"], tmp_path / "split", spec, 6, shape="split")
    assert table(tmp_path / "split", "walk") == table(tmp_path / "here", "walk")


@pytest.fixture
def task(test_data: Path, tmp_path: Path) -> ChunkTask:
    """The second chunk of a video, whose plan is on the disk."""
    video = tmp_path / "walk.mp4"
    video.write_bytes((test_data / "opencap" / "walk.mp4").read_bytes())
    source = open_source(video)
    plan = plan_video(FoundVideo("walk", video), source, SyntheticSpec(), CameraSettings(), 20)
    write_plan(tmp_path / "plan.bin", plan)
    return ChunkTask(plan, 1)


def remote(task: ChunkTask, stall_limit_s: float = 60.0) -> RemoteFrames:
    plan = task.video.info.source.path.with_name("plan.bin")
    return RemoteFrames(task, plan, threads=1, stall_limit_s=stall_limit_s)


@pytest.mark.parametrize("lead_in", [0, 12])
def test_the_frames_come_in_the_same_batches_and_cannot_be_written_to(
    ray_cluster: str, task: ChunkTask, lead_in: int
):
    local, elsewhere = LocalFrames(task, threads=1), remote(task)
    for one, other in zip(local.batches(8, lead_in=lead_in), elsewhere.batches(8, lead_in=lead_in), strict=True):
        assert list(one.timestamps_s) == list(other.timestamps_s)
        assert all(np.array_equal(*pair) for pair in zip(one.images, other.images, strict=True))
        assert not other.images[0].flags.writeable
    assert elsewhere.errors == local.errors == ()


def test_a_video_that_is_gone_fails_as_it_does_here(ray_cluster: str, task: ChunkTask):
    path = task.video.info.source.path
    path.write_bytes(b"")
    with pytest.raises(VideoError) as here:
        list(LocalFrames(task, threads=1).batches(8))
    with pytest.raises(VideoError) as elsewhere:
        list(remote(task).batches(8))
    assert (type(elsewhere.value), str(elsewhere.value)) == (type(here.value), str(here.value))


@pytest.fixture
def hanging(task: ChunkTask) -> ChunkTask:
    """The same chunk of a video that nobody can open, and nobody is told so."""
    path = task.video.info.source.path
    path.unlink()
    os.mkfifo(path)
    return task


def decoders() -> list[psutil.Process]:
    """The processes that decode, anywhere on this machine, for this process's Ray."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "ray::decode_chunk" in " ".join(process.cmdline()):
                found.append(process)
    return found


def wait_for(condition) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_decoder_that_hangs_is_ended(ray_cluster: str, hanging: ChunkTask):
    with pytest.raises(DecoderLostError, match=r"decoder of chunk 1: no frame came for 0\.5 s"):
        next(remote(hanging, stall_limit_s=0.5).batches(8))
    wait_for(lambda: not decoders())


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was cancelled."""
    tasks: list[Any] = []
    cancel = ray.cancel
    monkeypatch.setattr(ray, "cancel", lambda task, **how: (tasks.append(task), cancel(task, **how)))
    return tasks


def test_a_decoder_is_ended_where_nobody_wants_more(ray_cluster: str, task: ChunkTask, cancelled: list[Any]):
    batches = remote(task).batches(2)
    next(batches)
    batches.close()
    assert len(cancelled) == 1
    wait_for(lambda: not decoders())


def test_a_decoder_that_ended_by_itself_is_let_be(ray_cluster: str, task: ChunkTask, cancelled: list[Any]):
    """Ray kills the process that cancels a task in the moment in which it hears of its end."""
    assert sum(len(batch.images) for batch in remote(task).batches(8)) == task.chunk.frames
    assert not cancelled
    wait_for(lambda: not decoders())


def test_a_decoder_that_dies_is_an_error_of_the_chunk(ray_cluster: str, hanging: ChunkTask):
    killer = threading.Thread(target=lambda: (wait_for(decoders), time.sleep(0.2), decoders()[0].kill()))
    killer.start()
    with pytest.raises(DecoderLostError, match="decoder of chunk 1: its process died") as caught:
        next(remote(hanging).batches(8))
    killer.join()
    assert caught.value.retryable
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
