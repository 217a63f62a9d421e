"""More poses are under way where the line is long, and one where the client is slow."""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.live.client_queue import ClientQueue, Numbered
from neuropose_ray.service.live.window import Window


@dataclass
class Seen:
    poses_per_s: float
    mean_age_s: float
    oldest_s: float


def watched(most: int, *, delay_s: float, work_s: float, fps: float = 15.0, seconds: float = 60.0) -> Seen:
    """What a client sees of a stream.

    Args:
        most: poses under way at most.
        delay_s: of the line, one way.
        work_s: that the client takes for a pose.
        fps: of the stream.
        seconds: that are simulated; the first third is not counted.
    """
    now, number, order, random = 0.0, 0, count(), Random(2)
    queue: ClientQueue[float] = ClientQueue(most, 1e9, clock=lambda: now)
    events: list[tuple[float, int, str, int, float]] = [(0.0, next(order), "pose", 0, 0.0)]
    free_at, dealt_with = 0.0, []
    while events:
        now, _, kind, seq, made_at = heappop(events)
        if now > seconds:
            break
        if kind == "pose":
            number += 1
            queue.put_pose(Numbered(number, now))
            heappush(events, (now + 1 / fps, next(order), "pose", 0, 0.0))
        elif kind == "arrival":
            begins_at = max(now, free_at)
            free_at = begins_at + work_s * random.uniform(0.9, 1.1)
            dealt_with.append((begins_at, begins_at - made_at))
            heappush(events, (free_at + delay_s, next(order), "ack", seq, 0.0))
            continue
        elif kind == "ack":
            queue.acknowledge(seq)
        while (message := queue.next()) is not None:
            at = now + delay_s * random.uniform(1.0, 1.05)
            heappush(events, (at, next(order), "arrival", message.seq, message.item))
        if (wait_s := queue.wait_s()) is not None and 0 < wait_s < 1:
            heappush(events, (now + wait_s, next(order), "look", 0, 0.0))
    counted = [age for at, age in dealt_with if at > seconds / 3]
    return Seen(len(counted) / (seconds * 2 / 3), mean(counted), max(counted))


@pytest.mark.parametrize("most", [1, 2, 4, 16, 64])
def test_a_slow_client_has_fresh_poses_whatever_window_it_asks_for(most: int):
    slow, alone = (watched(window, delay_s=0.001, work_s=0.2) for window in (most, 1))
    assert slow.poses_per_s >= 0.95 * alone.poses_per_s
    assert slow.mean_age_s <= alone.mean_age_s + 0.03  # what trying costs; the whole window would be seconds


@pytest.mark.parametrize("work_s", [0.15, 0.2, 0.23, 0.31, 0.5])
def test_no_pose_is_older_than_half_a_distance_when_a_slow_client_gets_it(work_s: float):
    slow = watched(1, delay_s=0.001, work_s=work_s, fps=15)
    assert slow.oldest_s <= 0.6 / 15
    assert slow.mean_age_s <= 0.3 / 15
    assert slow.poses_per_s >= 0.85 / (work_s + 0.002)


@pytest.mark.parametrize(("delay_s", "most"), [(0.1, 8), (0.15, 8), (0.3, 16)])
def test_a_client_far_away_gets_every_pose_in_spite_of_the_line(delay_s: float, most: int):
    far = watched(most, delay_s=delay_s, work_s=0.002)
    assert far.poses_per_s >= 14
    assert far.mean_age_s <= delay_s + 0.08
    assert watched(1, delay_s=delay_s, work_s=0.002).poses_per_s < 8


def test_a_client_nearby_gets_every_pose_with_one_under_way():
    near = watched(64, delay_s=0.002, work_s=0.01)
    assert near.poses_per_s == pytest.approx(15, abs=0.3)
    assert near.mean_age_s < 0.01


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans())), st.integers(1, 64))
def test_the_window_is_never_larger_than_asked_for_nor_shut(acknowledgements: list[tuple[float, bool]], most: int):
    window = Window(most)
    for took_s, lacks in acknowledgements:
        window.acknowledged(took_s, lacks=lacks)
        assert 1 <= window.size <= most
