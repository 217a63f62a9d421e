"""A chunk of a video in, its poses out: with a model whose poses say what it has seen."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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


def result(plan: VideoPlan, index: int, lead_in: int, spec: GreySpec | None = None) -> ChunkResult:
    model = (spec or GreySpec()).load()
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


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    session_frames=st.integers(1, 45),
    chunk_frames=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    lead_in=st.integers(0, 20),
    batch=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
@pytest.mark.slow
def test_what_a_model_that_remembers_predicts_depends_on_its_sessions_and_on_no_chunks(
    plan: VideoPlan, session_frames: int, chunk_frames: tuple[int, int], lead_in: int, batch: tuple[int, int]
):
    """The model's poses say how many pictures the session has seen."""
    folder = plan.info.source.path
    seen = []
    for frames, size in zip(chunk_frames, batch, strict=True):
        spec = GreySpec(session_frames=session_frames, batch_size=size)
        cut = grey_plan(folder, spec, frames)
        tables = [result(cut, index, lead_in, spec).table for index in range(len(cut.chunks))]
        times = np.concatenate([table.timestamps_s for table in tables])
        poses = [(table.poses.poses2d[:, 0, 0].tolist(), table.poses.poses3d[:, 0, 2].tolist()) for table in tables]
        assert times.tolist() == plan.info.timestamps_s.tolist()
        assert [grey for greys, _ in poses for grey in greys] == list(range(FRAMES))
        assert all(
            table.timestamps_s[table.poses.frame].tolist() == plan.info.timestamps_s[greys].tolist()
            for table, greys in zip(tables, (np.array(greys, int) for greys, _ in poses), strict=True)
        )
        seen.append([count for _, counts in poses for count in counts])
    assert seen[0] == seen[1]
    firsts = np.array(cut.sessions)
    first = firsts[np.searchsorted(firsts, np.arange(FRAMES), side="right") - 1]
    assert seen[0] == (np.arange(FRAMES) - np.maximum(0, first - lead_in)).tolist()
