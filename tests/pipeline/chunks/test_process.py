"""A chunk of a video in, its poses out: with a model whose poses say what it has seen."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from support.grey_model import GreySpec
from support.grey_pictures import grey_plan, grey_video

from neuropose_ray.pipeline.chunks.frames import LocalFrames
from neuropose_ray.pipeline.chunks.process import ChunkResult, process_chunk
from neuropose_ray.pipeline.planning.plan import ChunkTask, VideoPlan

FRAMES = 40


@pytest.fixture
def plan(tmp_path) -> VideoPlan:
    """Forty pictures, each as grey as its number says, in chunks of ten."""
    return grey_plan(grey_video(tmp_path / "greys", range(FRAMES)), GreySpec(), 10)


@contextmanager
def step(stage: str) -> Iterator[None]:
    yield


def result(plan: VideoPlan, index: int, lead_in: int) -> ChunkResult:
    model = GreySpec().load()
    model.info = replace(model.info, lead_in_frames=lead_in)
    task = ChunkTask(plan, index)
    return process_chunk(model, task, LocalFrames(task, threads=1), step)


@pytest.mark.parametrize("lead_in", [0, 3, 9, 25])
def test_a_chunk_has_its_own_frames_whatever_the_model_saw_before(plan: VideoPlan, lead_in: int):
    for index, chunk in enumerate(plan.chunks):
        table = result(plan, index, lead_in).table
        numbers = list(range(chunk.first_frame, chunk.first_frame + chunk.frames))
        assert table.timestamps_s.tolist() == plan.info.timestamps_s[numbers].tolist()
        assert table.poses.frame.tolist() == list(range(chunk.frames))
        assert table.poses.poses2d[:, 0, 0].tolist() == numbers


@pytest.mark.parametrize("lead_in", [0, 3, 9, 25])
def test_a_session_has_seen_the_frames_that_lead_into_the_chunk(plan: VideoPlan, lead_in: int):
    for index, chunk in enumerate(plan.chunks):
        before = min(lead_in, chunk.first_frame)
        made = result(plan, index, lead_in)
        assert made.table.poses.poses3d[0, 0, 2] == before
        assert sum(made.call_frames) == chunk.frames


def test_a_session_is_told_at_which_frame_it_begins(plan: VideoPlan, monkeypatch):
    told = []
    model = GreySpec().load()
    model.info = replace(model.info, lead_in_frames=4)
    begin = model.session
    monkeypatch.setattr(model, "session", lambda camera, first: told.append(first) or begin(camera))
    for index in range(len(plan.chunks)):
        task = ChunkTask(plan, index)
        process_chunk(model, task, LocalFrames(task, threads=1), step)
    assert plan.chunks[0].start_s == -math.inf
    assert told == [max(0, chunk.first_frame - 4) for chunk in plan.chunks]
