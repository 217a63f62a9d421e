"""One step from frame to frame: whom the poses of a frame continue, and who is expected no more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.tracking.affinity import FORBIDDEN, costs
from neuropose_ray.tracking.following import FramePeople, MovingPerson, follow

BODY = np.random.default_rng(3).normal(scale=[200, 500, 100], size=(13, 3))
SETTINGS = TrackingSettings()


def box(x):
    return np.array([x, 100.0, 80, 240])


def person(x, time_s=0.0):
    return MovingPerson(time_s, box(x), BODY + (x * 4, 0, 3000))


def frame(time_s, *xs):
    joints = np.array([BODY + (x * 4, 0, 3000) for x in xs]).reshape(-1, 13, 3)
    return FramePeople(time_s, np.array([box(x) for x in xs]).reshape(-1, 4), joints)


@settings(max_examples=24)
@given(order=st.permutations(range(4)), shift=st.floats(-8, 8))
def test_each_pose_continues_the_nearest_person_in_whatever_order_they_come(order, shift):
    people = [person(300.0 * index) for index in range(4)]
    step = follow(people, frame(0.1, *(300.0 * index + shift for index in order)), 1.0, SETTINGS)
    assert [people.index(continued) for continued in step.continued] == list(order)
    assert (step.kept, step.ended) == (people, [])


def test_nobody_is_moved_by_the_step_itself():
    someone = person(0.0)
    follow([someone], frame(0.1, 5.0), 1.0, SETTINGS)
    assert (someone.time_s, someone.box[0]) == (0.0, 0.0)


def test_who_was_not_seen_for_too_long_is_ended_and_continued_by_nobody():
    old, fresh = person(0.0, time_s=0.0), person(300.0, time_s=0.9)
    step = follow([old, fresh], frame(1.2, 0.0, 300.0), 1.0, SETTINGS)
    assert (step.kept, step.ended, step.continued) == ([fresh], [old], [None, fresh])


def test_a_pose_far_from_everybody_is_somebody_new():
    assert follow([person(0.0)], frame(0.1, 900.0), 1.0, SETTINGS).continued == [None]
    assert follow([], frame(0.1, 0.0), 1.0, SETTINGS).continued == [None]
    assert follow([person(0.0)], frame(0.1), 1.0, SETTINGS).continued == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("missing", ["box", "joints"])
def test_what_is_not_known_of_a_pose_stops_nothing(missing):
    people = frame(0.1, 0.0, 300.0)
    (people.boxes if missing == "box" else people.joints)[0] = np.nan
    first, second = person(0.0), person(300.0)
    step = follow([first, second], people, 1.0, SETTINGS)
    assert step.continued[1] is second
    assert step.continued[0] in (first, None)


NUMBERS = st.one_of(st.floats(-300, 300, width=32), st.sampled_from([0.0, -0.0, float("nan"), float("inf")]))
BOXES = st.lists(NUMBERS, min_size=4, max_size=4)


@settings(max_examples=300)
@given(
    before=BOXES,
    now=BOXES,
    speed=st.lists(st.floats(-900, 900), min_size=2, max_size=2),
    later_s=st.floats(0, 0.5),
    scale=st.sampled_from([1.0, 0.999999, 1e-3]),
)
def test_a_person_alone_is_continued_as_the_costs_of_all_say(before, now, speed, later_s, scale):
    """One person and one pose are decided without the assignment; the same must come of it."""
    someone = MovingPerson(0.0, np.array(before) * scale, BODY, np.array(speed))
    seen = FramePeople(later_s, np.array([now]), BODY[None] + 5000.0)
    with np.errstate(all="ignore"):
        boxes, joints = (value[None] for value in someone.predicted(later_s))
        cost = costs(boxes, joints, np.array([later_s]), seen.boxes, seen.joints, SETTINGS)[0, 0]
        step = follow([someone], seen, 1.0, SETTINGS)
    assert step.continued == [someone if cost < FORBIDDEN else None]


@settings(max_examples=100)
@given(width=st.floats(1, 500), height=st.floats(1, 500), across=st.floats(-1, 1), ulps=st.integers(-3, 3))
def test_the_same_holds_at_the_very_border(width, height, across, ulps):
    reach = SETTINGS.max_shift * np.hypot(width, height)
    down = np.sqrt(1 - across**2) * reach
    for _ in range(abs(ulps)):
        down = np.nextafter(down, np.inf * np.sign(ulps))
    someone = MovingPerson(0.0, np.array([0.0, 0.0, width, height]), BODY)
    seen = FramePeople(0.1, np.array([[across * reach, down, width, height]]), BODY[None] + 5000.0)
    boxes, joints = (value[None] for value in someone.predicted(0.1))
    cost = costs(boxes, joints, np.array([0.1]), seen.boxes, seen.joints, SETTINGS)[0, 0]
    assert follow([someone], seen, 1.0, SETTINGS).continued == [someone if cost < FORBIDDEN else None]
