"""A slow client gets fresh poses, every event, and is cut where it does not acknowledge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.live.client_queue import ClientQueue, Numbered, TooSlowError


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def queue(window: int = 1, **options) -> tuple[ClientQueue[str], Clock]:
    clock = Clock()
    return ClientQueue(window, 10.0, clock=clock, **options), clock


def item(messages: ClientQueue[str]) -> str | None:
    message = messages.next()
    return None if message is None else message.item


def pose(seq: int) -> Numbered[str]:
    return Numbered(seq, f"pose {seq}")


def event(seq: int) -> Numbered[str]:
    return Numbered(seq, f"event {seq}")


def test_a_client_that_is_busy_gets_the_newest_pose_when_it_is_done():
    messages, _ = queue()
    for seq in range(1, 6):
        messages.put_pose(pose(seq))
        if seq == 1:
            assert item(messages) == "pose 1"
    assert messages.next() is None
    messages.acknowledge(1)
    assert item(messages) == "pose 5"
    assert messages.dropped == 3


def test_events_come_all_and_in_their_order_with_the_poses():
    messages, _ = queue(window=10)
    messages.put_event(event(1))
    messages.put_pose(pose(2))
    messages.put_event(event(3))
    assert [item(messages) for _ in range(4)] == ["event 1", "pose 2", "event 3", None]


def test_an_event_does_not_wait_for_acknowledgements():
    messages, _ = queue()
    messages.put_pose(pose(1))
    assert item(messages) == "pose 1"
    messages.put_pose(pose(2))
    messages.put_event(event(3))
    assert [item(messages) for _ in range(2)] == ["event 3", None]
    messages.acknowledge(1)
    assert item(messages) == "pose 2"


def test_a_client_without_acknowledgements_is_cut():
    messages, clock = queue()
    messages.put_pose(pose(1))
    assert item(messages) == "pose 1"
    assert messages.wait_s() == pytest.approx(10)
    clock.now += 10.5
    with pytest.raises(TooSlowError, match="10 s"):
        messages.next()


def test_a_quiet_stream_cuts_nobody():
    messages, clock = queue()
    messages.put_pose(pose(1))
    assert item(messages) == "pose 1"
    messages.acknowledge(1)
    clock.now += 3600
    assert messages.next() is None
    assert messages.wait_s() is None


def test_events_that_pile_up_cut_the_client():
    messages, _ = queue(most_events=3)
    for seq in range(3):
        messages.put_event(event(seq))
    with pytest.raises(TooSlowError):
        messages.put_event(event(4))


@pytest.mark.parametrize("source_fps", [7.0, 10.0, 15.0, 29.97, 60.0])
def test_poses_come_at_the_wanted_rate_whatever_the_streams(source_fps):
    messages, clock = queue(window=64, min_interval_s=0.2)
    sent = 0
    for seq in range(int(20 * source_fps)):
        clock.now = 1000 + seq / source_fps
        messages.put_pose(pose(seq))
        if messages.next() is not None:
            sent += 1
            messages.acknowledge(seq)
    assert 0.9 * 100 <= sent <= 101


@given(st.lists(st.sampled_from(["pose", "event", "ack", "next", "tick"]), max_size=60), st.integers(1, 5))
def test_whatever_happens_events_arrive_once_in_order_and_no_more_than_the_window_is_under_way(steps, window):
    messages, clock = queue(window=window)
    seq, events, got, under_way = 0, [], [], 0
    for step in steps:
        if step in ("pose", "event"):
            seq += 1
            if step == "event":
                events.append(seq)
                messages.put_event(event(seq))
            else:
                messages.put_pose(pose(seq))
        elif step == "ack":
            under_way = 0
            messages.acknowledge(seq)
        elif step == "tick":
            clock.now += 1
            under_way = 0
            messages.acknowledge(seq)
        elif (message := messages.next()) is not None:
            got.append(message.seq)
            under_way += message.seq not in events
            assert under_way <= window
    while (message := messages.next()) is not None:
        got.append(message.seq)
        messages.acknowledge(seq)
    messages.acknowledge(seq)
    while (message := messages.next()) is not None:
        got.append(message.seq)
        messages.acknowledge(seq)
    poses = [number for number in got if number not in events]
    assert poses == sorted(set(poses))
    assert [number for number in got if number in events] == events
