"""Chunks in threads of their own hand in frames, and a model that sees frames alone gets full batches."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.grey_model import BREAKS, FAILS, GreySpec

from neuropose_ray.errors import ModelError
from neuropose_ray.pipeline.chunks import shared_calls
from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, Attempt, CancelledError
from neuropose_ray.pipeline.chunks.commit import AttemptHistory
from neuropose_ray.pipeline.chunks.shared_calls import ChunkShare, SharedCalls
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Poses

WIDE, HIGH = Camera.from_field_of_view(32, 24, 60), Camera.from_field_of_view(24, 32, 60)
PATIENCE_S = 20


class Bench:
    """A model, and chunks that have frames for it."""

    def __init__(self, spec: GreySpec, chunks_at_once: int = 8, decoders: int | None = None):
        self.spec, self.stop = spec, threading.Event()
        self.in_flight = ActiveAttempts(chunks_at_once, self.stop.is_set)
        self.calls = SharedCalls(spec.load(), self.in_flight)
        self.calls.chunks_at_once, self.calls.decoders = chunks_at_once, decoders or chunks_at_once

    @property
    def greys(self) -> list[list[int]]:
        """Of each call."""
        return [greys for _, greys in self.spec.log.calls]

    def enter(self, stack: ExitStack, camera: Camera = WIDE, **before: bool) -> ChunkShare:
        """A chunk in flight."""
        attempt = stack.enter_context(self.in_flight.enter(SimpleNamespace(), AttemptHistory(**before)))
        return stack.enter_context(self.calls.enter(camera, attempt))

    def chunk(self, greys: list[int], camera: Camera = WIDE, step: int = 3) -> Poses:
        """The whole way of a chunk; its frames' places are 10, 11, 12, ..."""
        with ExitStack() as stack:
            share = self.enter(stack, camera)
            with share.decoding():
                for begin in range(0, len(greys), step):
                    some = greys[begin : begin + step]
                    places = [10 + begin + index for index in range(len(some))]
                    share.submit([frame(grey, camera) for grey in some], places)
            parts = share.poses()
            return Poses.concatenate(parts, [0] * len(parts))


def frame(grey: int, camera: Camera = WIDE):
    return np.full((camera.height, camera.width, 3), grey, np.uint8)


@pytest.fixture
def bench() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(spec: GreySpec, **options: int) -> Bench:
        made.append(Bench(spec, **options))
        return made[-1]

    yield make
    for each in made:
        each.spec.log.gate.set()
        each.calls.close()


def spec(**settings) -> GreySpec:
    return GreySpec(frames_alone=True, **{"batch_size": 4, **settings})


@settings(max_examples=40)
@given(
    chunks=st.lists(st.tuples(st.integers(1, 30), st.sampled_from([WIDE, HIGH])), min_size=1, max_size=12),
    batch_size=st.integers(1, 9),
    step=st.integers(1, 9),
    threads=st.integers(1, 5),
    decoders=st.integers(1, 3),
)
def test_every_chunk_gets_what_it_would_get_alone_in_calls_of_one_size(
    chunks: list[tuple[int, Camera]], batch_size: int, step: int, threads: int, decoders: int
):
    bench = Bench(spec(batch_size=batch_size), threads, decoders)
    greys = [[(7 * number + place) % 190 for place in range(count)] for number, (count, _) in enumerate(chunks)]
    with patch.object(shared_calls, "_GRACE_S", 0.005), ThreadPoolExecutor(threads) as pool:
        made = list(pool.map(lambda each: bench.chunk(each[0], each[1][1], step), zip(greys, chunks, strict=True)))
    for wanted, poses in zip(greys, made, strict=True):
        assert poses.frame.tolist() == list(range(10, 10 + len(wanted)))
        assert poses.poses2d[:, 0, 0].tolist() == wanted
    assert sorted(grey for call in bench.greys for grey in call) == sorted(grey for each in greys for grey in each)
    assert max(map(len, bench.greys)) <= batch_size
    bench.calls.close()


def test_chunks_that_are_shorter_than_a_batch_fill_it_together(bench, monkeypatch):
    monkeypatch.setattr("neuropose_ray.pipeline.chunks.shared_calls._GRACE_S", 2.0)  # a busy machine
    running = bench(spec(batch_size=32), decoders=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: running.chunk([number] * 25), range(64)))
    assert sum(map(len, running.greys)) == 1600
    assert sum(map(len, running.greys)) / (32 * len(running.greys)) >= 0.95


@pytest.mark.parametrize(("grey", "error"), [(FAILS, ModelError), (BREAKS, KeyError)])
def test_a_frame_that_the_model_refuses_fails_its_own_chunk_alone(bench, grey: int, error: type[Exception]):
    running = bench(spec(batch_size=6), chunks_at_once=3)
    running.spec.log.gate.clear()
    with ThreadPoolExecutor(3) as pool:
        bad = pool.submit(running.chunk, [grey, 5, 6])
        good = [pool.submit(running.chunk, [10 * number] * 3) for number in (1, 2)]
        running.spec.log.gate.set()
        with pytest.raises(error):
            bad.result(PATIENCE_S)
        for number, chunk in zip((1, 2), good, strict=True):
            assert chunk.result(PATIENCE_S).poses2d[:, 0, 0].tolist() == [10 * number] * 3


class TooManyFrames(GreySpec):
    """Its poses are of one frame more than there are."""

    def load(self):
        model = super().load()
        session = model.session

        def one_more(camera: Camera, first_frame: int = 0):
            each = session(camera)
            return SimpleNamespace(predict=lambda frames: each.predict([*frames, frames[-1]]))

        model.session = one_more
        return model


def test_poses_of_frames_that_were_not_shown_are_an_error_and_nobody_waits_for_ever(bench):
    running = bench(TooManyFrames(frames_alone=True, batch_size=4), chunks_at_once=2)
    with ThreadPoolExecutor(2) as pool:
        for chunk in [pool.submit(running.chunk, [1] * 3) for _ in range(2)]:
            with pytest.raises(ModelError, match="not shown"):
                chunk.result(PATIENCE_S)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_who_brings_more_than_waits_for_the_model_waits(bench):
    """Whatever the lengths of chunks, the frames in memory are bounded."""
    running = bench(spec(batch_size=4), chunks_at_once=2)
    running.spec.log.gate.clear()
    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        share, handed_in = running.enter(stack), []

        def hand_in() -> None:
            for number in range(40):
                share.submit([frame(1)], [number])
                handed_in.append(number)

        done = pool.submit(hand_in)
        wait_until(lambda: len(handed_in) == 12)  # a call of four, and two more batches
        time.sleep(0.05)
        assert len(handed_in) == 12
        running.spec.log.gate.set()
        done.result(PATIENCE_S)
        share.poses()
    assert [len(call) for call in running.greys] == [4] * 10


def test_frames_of_a_chunk_that_ends_early_are_not_shown_to_the_model(bench):
    running = bench(spec(), chunks_at_once=3)
    with ExitStack() as stack:
        other = running.enter(stack)
        running.enter(stack)  # so that a batch may be filled
        with ExitStack() as ending:
            running.enter(ending).submit([frame(9)] * 3, [0, 1, 2])
        other.submit([frame(1)] * 4, [0, 1, 2, 3])
        other.poses()
    assert running.greys == [[1] * 4]


def test_a_chunk_that_waits_notices_that_the_run_is_interrupted(bench):
    running = bench(spec())
    running.spec.log.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        chunk = pool.submit(running.chunk, [1] * 4)
        wait_until(lambda: bool(running.greys))
        running.stop.set()
        with pytest.raises(CancelledError):
            chunk.result(PATIENCE_S)


def test_where_no_other_chunk_can_come_a_batch_is_called_as_it_is(bench, monkeypatch):
    monkeypatch.setattr("neuropose_ray.pipeline.chunks.shared_calls._GRACE_S", 1e9)
    bench(spec(), chunks_at_once=1).chunk([1, 2])
    running = bench(spec(), chunks_at_once=2)
    with ExitStack() as stack:  # alone
        share = running.enter(stack, isolate_next=True)
        share.submit([frame(1)], [0])
        share.poses()
    with ThreadPoolExecutor(2) as pool:  # another size
        list(pool.map(lambda camera: running.chunk([1, 2], camera), (WIDE, HIGH)))


def test_a_size_that_no_other_video_has_is_not_kept_waiting_for_ever(bench):
    running = bench(spec(batch_size=2), chunks_at_once=3)
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        usual = running.enter(stack)
        rare = pool.submit(running.chunk, [99], HIGH)
        number = 0
        while not rare.done():
            usual.submit([frame(1)] * 2, [number, number + 1])
            number += 2
            assert number < 10_000
        assert rare.result().poses2d[0, 0, 0] == 99
        usual.poses()


def test_chunks_beyond_those_that_decode_wait_for_a_turn(bench):
    running = bench(spec(), chunks_at_once=3, decoders=1)
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        first = running.enter(stack)
        with first.decoding():
            second = pool.submit(running.chunk, [1] * 4)
            time.sleep(0.05)
            assert not running.greys
        second.result(PATIENCE_S)


class TwoAtOnce:
    """A model whose calls wait for each other: alone, none would ever return."""

    batch_size = 2

    def __init__(self) -> None:
        self._meet = threading.Barrier(2, timeout=PATIENCE_S)
        self._model = GreySpec(frames_alone=True).load()
        self.info = SimpleNamespace(calls_at_once=2)

    def session(self, camera: Camera, first_frame: int = 0) -> "TwoAtOnce":
        return self

    def predict(self, frames):
        self._meet.wait()
        return self._model.session(WIDE).predict(frames)


def test_one_batch_is_copied_while_another_one_is_computed():
    in_flight = ActiveAttempts(2)
    calls = SharedCalls(TwoAtOnce(), in_flight)
    with in_flight.enter(SimpleNamespace(), AttemptHistory()) as attempt, calls.enter(WIDE, attempt) as share:
        share.submit([frame(grey) for grey in range(8)], range(8))
        poses = share.poses()
    assert [int(each.poses2d[0, 0, 0]) for each in poses] == [0, 2, 4, 6]
    assert sum(share.call_frames) == 8
    calls.close()


def test_a_call_that_does_not_return_is_noticed_and_whose_frames_it_has(bench):
    running = bench(spec(batch_size=4), chunks_at_once=3)
    running.spec.log.gate.clear()
    with ThreadPoolExecutor(3) as pool:
        chunks = [pool.submit(running.chunk, [1, 2]) for _ in range(2)]
        wait_until(lambda: bool(running.greys))
        waiting = pool.submit(running.chunk, [3])
        wait_until(lambda: len(running.in_flight.others()) == 3)
        time.sleep(0.02)
        stalled: list[Attempt] = running.in_flight.stalled(0.01)
        assert len(stalled) == 2
        assert all(attempt.shared for attempt in stalled)
        assert running.in_flight.stalled(PATIENCE_S) == []
        running.spec.log.gate.set()
        for chunk in (*chunks, waiting):
            chunk.result(PATIENCE_S)


def test_a_chunk_that_ends_early_is_there_to_be_blamed_until_its_call_returns(bench):
    running = bench(spec(batch_size=2), chunks_at_once=2)
    running.spec.log.gate.clear()

    def end_early() -> None:
        with ExitStack() as stack:
            running.enter(stack).submit([frame(1)] * 2, [0, 1])
            wait_until(lambda: bool(running.greys))

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(end_early)
        wait_until(lambda: bool(running.greys))
        time.sleep(0.05)
        assert len(running.in_flight.stalled(0.01)) == 1
        running.spec.log.gate.set()
        done.result(PATIENCE_S)
    assert running.in_flight.others() == []


def test_the_parts_that_chunks_have_of_their_workers_time_add_up_to_it(bench):
    running = bench(spec(call_s=0.01), chunks_at_once=4)
    shares, times = [], []

    def chunk(number: int) -> None:
        with ExitStack() as stack:
            share = running.enter(stack)
            begin = time.monotonic()
            for place in range(number):
                share.submit([frame(1)] * 4, range(4 * place, 4 * place + 4))
            share.poses()
            shares.append(share)
            times.append(time.monotonic() - begin)

    begin = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(chunk, (3, 5, 8, 2)))
    whole = time.monotonic() - begin
    parts = sum(share.time_share * seconds for share, seconds in zip(shares, times, strict=True))
    assert 0 < parts <= 1.05 * whole
    called = sum(sum(share.call_s) for share in shares)
    assert 18 * 0.01 <= called <= 1.05 * whole
