"""Frames are taken as late as the pose model allows: they wait less, and the model is not let wait."""

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.live.pace import Pace


@dataclass
class Run:
    frames_per_s: float
    queue_s: float


def run(pace: Pace | None, *, infer_s: float, way_s: float, jitter: float = 0.0, others: int = 0) -> Run:
    """A stream with two frames under way, at a model that has frames of other streams between two of its own.

    Args:
        pace: of the stream; None takes frames as soon as there is room.
        infer_s: of the model.
        way_s: from the taking of a frame until it is at the model.
        jitter: share of these times by which they vary.
        others: streams that always have a frame waiting, each looked at in between.
    """
    random = Random(1)
    ends, free_at, waited = [0.0, 0.0], 0.0, []
    for _ in range(600):
        room_at = ends[-2]
        taken_at = room_at + (0.0 if pace is None else pace.delay_s)
        arrived_at = taken_at + way_s * (1 + jitter * random.uniform(-1, 1))
        begins_at = max(arrived_at, free_at + others * infer_s)
        infer = infer_s * (1 + jitter * random.uniform(-1, 1))
        free_at = begins_at + infer
        ends.append(free_at)
        waited.append(begins_at - arrived_at)
        if pace is not None:
            pace.waited(waited[-1], infer)
    return Run(599 / (ends[-1] - ends[2]), sum(waited[100:]) / 500)


@pytest.mark.parametrize("jitter", [0.0, 0.2, 0.4])
@pytest.mark.parametrize(("infer_s", "way_s"), [(0.06, 0.02), (0.06, 0.005), (0.02, 0.015), (0.3, 0.02)])
def test_frames_wait_less_at_nearly_the_same_rate(infer_s: float, way_s: float, jitter: float):
    at_once, paced = (run(pace, infer_s=infer_s, way_s=way_s, jitter=jitter) for pace in (None, Pace()))
    assert paced.queue_s <= max(0.25, jitter) * infer_s + 0.1 * at_once.queue_s
    assert paced.frames_per_s >= (0.99 - jitter / 8) * at_once.frames_per_s


def test_a_model_that_is_faster_than_frames_come_to_it_is_not_let_wait():
    plain, paced = (run(pace, infer_s=0.01, way_s=0.05) for pace in (None, Pace()))
    assert paced.frames_per_s == pytest.approx(plain.frames_per_s, rel=1e-3)


def test_other_streams_cost_no_rate():
    plain, paced = (run(pace, infer_s=0.06, way_s=0.02, others=7) for pace in (None, Pace()))
    assert paced.frames_per_s >= 0.99 * plain.frames_per_s


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 2)), min_size=1))
def test_no_frame_is_taken_later_than_by_one_look_of_the_model(frames: list[tuple[float, float]]):
    pace = Pace()
    for queue_s, infer_s in frames:
        pace.waited(queue_s, infer_s)
        assert 0 <= pace.delay_s <= infer_s
