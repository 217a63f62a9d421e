"""Who may be in flight together, and who is given up."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, CancelledError
from neuropose_ray.pipeline.chunks.commit import AttemptHistory
from neuropose_ray.pipeline.planning.plan import ChunkTask, VideoPlan
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.types import VideoInfo, VideoSource

CLEAN, SUSPECT = AttemptHistory(), AttemptHistory(isolate_next=True)


@pytest.fixture
def tasks(tmp_path) -> list[ChunkTask]:
    times = np.arange(40) / 30
    source = VideoSource(tmp_path / "a.mp4", "file")
    info = VideoInfo(source, 64, 64, 0, "h264", 0, times, np.array([0]), "ab" * 32)
    chunks = plan_chunks(info, 10)
    keys = tuple(f"{index:064x}" for index in range(len(chunks)))
    plan = VideoPlan(
        "a", info, Camera.from_field_of_view(64, 64, 60), chunks, keys, tuple(chunk.first_frame for chunk in chunks)
    )
    return [ChunkTask(plan, index) for index in range(len(chunks))]


@contextmanager
def elsewhere(in_flight: ActiveAttempts, task: ChunkTask, before: AttemptHistory) -> Iterator[threading.Event]:
    """Another thread wants to be in flight; the event says that it is, and it leaves at the end."""
    entered, leave = threading.Event(), threading.Event()

    def fly() -> None:
        with in_flight.enter(task, before):
            entered.set()
            leave.wait(10)

    threading.Thread(target=fly).start()
    yield entered
    leave.set()


def soon(event: threading.Event) -> bool:
    return event.wait(10)


def never(event: threading.Event) -> bool:
    return not event.wait(0.1)


def test_chunks_fly_together(tasks):
    in_flight = ActiveAttempts(2)
    with in_flight.enter(tasks[0], CLEAN) as one, elsewhere(in_flight, tasks[1], CLEAN) as entered:
        assert soon(entered)
        assert not one.alone


def test_a_suspect_waits_until_it_is_alone_and_nobody_joins_it(tasks):
    in_flight = ActiveAttempts(3)
    with ExitStack() as stack:
        with in_flight.enter(tasks[0], CLEAN):
            suspect = stack.enter_context(elsewhere(in_flight, tasks[1], SUSPECT))
            assert never(suspect)
            other = stack.enter_context(elsewhere(in_flight, tasks[2], CLEAN))
            assert never(other)  # or a stream of others could keep the suspect waiting for ever
        assert soon(suspect)
        assert never(other)


def test_others_join_again_after_a_suspect(tasks):
    in_flight = ActiveAttempts(2)
    with ExitStack() as stack:
        with in_flight.enter(tasks[0], SUSPECT) as suspect:
            assert suspect.alone
            other = stack.enter_context(elsewhere(in_flight, tasks[1], CLEAN))
            assert never(other)
        assert soon(other)


def test_where_there_is_one_at_once_it_is_alone(tasks):
    with ActiveAttempts(1).enter(tasks[0], CLEAN) as attempt:
        assert attempt.alone


def test_an_interrupted_run_waits_for_nobody(tasks):
    stop = threading.Event()
    in_flight = ActiveAttempts(2, stop.is_set)
    with in_flight.enter(tasks[0], CLEAN) as attempt:
        stop.set()
        with pytest.raises(CancelledError), in_flight.enter(tasks[1], SUSPECT):
            pass
        with pytest.raises(CancelledError):
            attempt.at("model")


@pytest.mark.parametrize(("stage", "blamed"), [("decode", True), ("model", True), ("wait", False), ("write", False)])
def test_only_who_decodes_or_infers_for_too_long_is_blamed(tasks, stage, blamed: bool):
    in_flight = ActiveAttempts(1)
    with in_flight.enter(tasks[0], CLEAN) as attempt:
        attempt.at(stage)
        time.sleep(0.01)
        assert in_flight.stalled(10) == []
        assert in_flight.stalled(0.001) == ([attempt] if blamed else [])
        attempt.at(stage)
        assert in_flight.stalled(0.5) == []  # every batch starts the clock again


def test_who_was_given_up_may_write_nothing_and_makes_room(tasks):
    in_flight = ActiveAttempts(1)
    with in_flight.enter(tasks[0], CLEAN) as attempt:
        assert in_flight.abandon(attempt)
        assert not attempt.finish()
        assert not in_flight.abandon(attempt)
        with pytest.raises(CancelledError):
            attempt.at("write")
        with elsewhere(in_flight, tasks[0], CLEAN) as entered:
            assert soon(entered)


def test_who_has_finished_cannot_be_given_up(tasks):
    in_flight = ActiveAttempts(1)
    with in_flight.enter(tasks[0], CLEAN) as attempt:
        assert attempt.finish()
        assert not in_flight.abandon(attempt)
        assert attempt.finish()
