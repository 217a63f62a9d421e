"""Frames that wait: the target rate, and the three ways to meet a slow consumer."""

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.video.live.buffer import FrameBuffer, RateLimiter


@dataclass(frozen=True)
class Frame:
    time_s: float


def times(buffer: FrameBuffer[Frame]) -> list[float]:
    taken = []
    while (frame := buffer.take(0)) is not None:
        taken.append(frame.time_s)
    return taken


@settings(max_examples=20)
@given(st.floats(5, 60), st.floats(1, 60), st.randoms(use_true_random=False))
def test_the_mean_rate_is_the_one_asked_for_whatever_the_sources_is(source_fps, fps, random):
    limiter, seconds = RateLimiter(fps), 20
    jitter_s = 0.1 / source_fps
    admitted = sum(
        limiter.admit(number / source_fps + random.uniform(0, jitter_s))
        for number in range(int(seconds * source_fps))
    )
    assert admitted <= seconds * fps * 1.01 + 2
    # A source that is hardly faster than asked gives up a frame here and there.
    assert admitted >= seconds * min(fps, source_fps) * 0.85 - 2


def test_a_source_of_just_the_rate_loses_no_frame_by_its_jitter():
    limiter = RateLimiter(10)
    assert all(limiter.admit(number / 10 + (0.01 if number % 2 else -0.01)) for number in range(200))


def test_after_a_gap_and_after_a_clock_that_began_anew_nothing_is_made_up_for():
    limiter = RateLimiter(10)
    limiter.admit(0.0)
    assert limiter.admit(60.0)
    assert not limiter.admit(60.05)
    assert limiter.admit(5.0)
    assert not limiter.admit(5.03)
    assert limiter.admit(5.1)


def test_without_a_rate_every_frame_is_admitted():
    limiter = RateLimiter(None)
    assert all(limiter.admit(number / 1000) for number in range(100))


@given(st.lists(st.integers(0, 5), max_size=60))
def test_latest_gives_the_newest_frame_and_no_frame_twice(arrivals):
    buffer: FrameBuffer[Frame] = FrameBuffer("latest", 8, None)
    now, taken = 0, []
    for count in arrivals:
        for _ in range(count):
            now += 1
            buffer.offer(Frame(now))
        frame = buffer.take(0)
        assert (frame is None) == (count == 0)
        if frame is not None:
            assert frame.time_s == now
            taken.append(now)
    assert buffer.dropped == now - len(taken)


@given(st.integers(1, 10), st.integers(0, 40))
def test_drop_oldest_keeps_the_last_frames_in_order(capacity, count):
    buffer: FrameBuffer[Frame] = FrameBuffer("drop_oldest", capacity, None)
    for number in range(count):
        buffer.offer(Frame(number))
    assert buffer.dropped == max(0, count - capacity)
    assert times(buffer) == list(range(count))[-capacity:]
    assert buffer.dropped == max(0, count - capacity)


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(0, 60))
def test_wait_loses_no_frame_however_slow_the_consumer_is(capacity, count):
    buffer: FrameBuffer[Frame] = FrameBuffer("wait", capacity, None)

    def decode() -> None:
        for number in range(count):
            buffer.offer(Frame(number))
        buffer.finish()

    thread = threading.Thread(target=decode)
    thread.start()
    taken = []
    while not buffer.is_drained:
        frame = buffer.take(5)
        if frame is not None:
            taken.append(frame.time_s)
    thread.join()
    assert taken == list(range(count))
    assert buffer.dropped == 0


def test_a_decoder_that_waits_for_room_says_so_and_is_released_at_the_end():
    buffer: FrameBuffer[Frame] = FrameBuffer("wait", 1, None)
    buffer.offer(Frame(0))
    thread = threading.Thread(target=buffer.offer, args=[Frame(1)])
    thread.start()
    while not buffer.is_full:
        """Until it waits."""
    buffer.finish()
    thread.join(10)
    assert not thread.is_alive()
    assert not buffer.is_full


def test_latest_holds_a_frame_back_until_it_is_due_and_gives_a_late_consumer_a_fresh_one():
    buffer: FrameBuffer[Frame] = FrameBuffer("latest", 1, 10)
    buffer.offer(Frame(0.0))
    assert buffer.take(0) == Frame(0.0)
    buffer.offer(Frame(0.033))
    assert buffer.take(0) is None
    for number in range(2, 9):
        buffer.offer(Frame(number / 30))
    assert buffer.take(0) == Frame(8 / 30)


@pytest.mark.parametrize("policy", ["latest", "drop_oldest", "wait"])
def test_whoever_waits_for_a_frame_hears_of_the_end(policy):
    buffer: FrameBuffer[Frame] = FrameBuffer(policy, 2, None)
    taken = []
    thread = threading.Thread(target=lambda: taken.append(buffer.take(60)))
    thread.start()
    buffer.finish()
    thread.join(10)
    assert taken == [None]
    assert buffer.is_drained


@pytest.mark.parametrize(("policy", "left"), [("drop_oldest", 2), ("wait", 2), ("latest", 0)])
def test_at_the_end_frames_that_wait_can_still_be_taken(policy, left):
    buffer: FrameBuffer[Frame] = FrameBuffer(policy, 2, None)
    for number in range(2):
        buffer.offer(Frame(number))
    buffer.finish()
    assert buffer.is_drained == (left == 0)
    assert len(times(buffer)) == max(left, 1)
    assert buffer.is_drained
