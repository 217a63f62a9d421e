"""Who is seen steadily: often enough, without leaps and without jitter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking.test_online import BODY, HERE, JOINTS, SKELETON, poses

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.rules import StabilitySettings
from neuropose_ray.tracking import OnlineTrack, OnlineTracker, StabilityGate
from neuropose_ray.tracking.stability import PAUSE_S

LOOSE = StabilitySettings(hits=3, window=5, min_iou=0.0)


def track(row, state="confirmed", track_id=0):
    return OnlineTrack(track_id, row, state, 5, 0.0, np.zeros(4), np.zeros(2))


def stable_frames(gate, seen, **more):
    """In which frames one person is stable, who is seen in some."""
    return [
        bool(gate.update([track(0 if is_seen else None)], poses(*HERE) if is_seen else Poses.empty(JOINTS), i / 10))
        for i, is_seen in enumerate(seen)
    ]


@settings(max_examples=80)
@given(
    seen=st.lists(st.booleans(), max_size=20), hits=st.integers(1, 5), more=st.integers(0, 3),
)  # fmt: skip
def test_stable_is_who_is_seen_in_enough_of_the_latest_frames(seen, hits, more):
    window = hits + more
    gate = StabilityGate(StabilitySettings(hits=hits, window=window))
    assert stable_frames(gate, seen) == [
        sum(seen[max(0, end - window) : end]) >= hits for end in range(1, len(seen) + 1)
    ]


def test_who_is_tentative_is_not_stable_and_who_is_gone_is_forgotten():
    gate = StabilityGate(LOOSE)
    for index in range(5):
        assert gate.update([track(0, "tentative")], poses(*HERE), index / 10) == frozenset()
    assert gate.update([track(0)], poses(*HERE), 0.5) == {0}
    gate.update([], Poses.empty(JOINTS), 0.6)
    assert gate.update([track(0)], poses(*HERE), 0.7) == frozenset()
    assert gate.metrics()[0].hits == 1


def test_who_leaps_is_not_stable_until_the_leap_is_past():
    gate = StabilityGate(StabilitySettings(hits=3, window=3, min_iou=0.5))
    places = [100.0, 100, 100, 160, 160, 160]
    stable = [
        bool(gate.update([track(0)], poses((x, 0.9)), index / 10)) for index, x in enumerate(places)
    ]  # boxes 80 wide
    assert stable == [False, False, True, False, False, True]
    assert gate.metrics()[0].overlap == pytest.approx(1.0)


def jitter_of(noise_mm, speed_mm=0.0, seed=0):
    random = np.random.default_rng(seed)
    gate = StabilityGate(StabilitySettings(hits=30, window=30, min_iou=0.0))
    for index in range(30):
        joints = BODY * (1 + index * speed_mm / 1000) + index * 50.0 + random.normal(0, noise_mm, BODY.shape)
        people = poses(*HERE)
        moved = Poses(
            people.frame, people.boxes, people.poses2d, joints[None].astype(np.float32), people.joint_scores
        )
        gate.update([track(0)], moved, index / 10)
    return gate.metrics()[0].jitter_mm


@pytest.mark.parametrize("noise_mm", [2, 10, 50])
def test_jitter_is_the_noise_in_space_whatever_the_person_moves_steadily(noise_mm):
    # About the joints' middle, which has a part of the noise itself.
    expected = noise_mm * np.sqrt(3 * (1 - 1 / JOINTS))
    assert jitter_of(noise_mm, speed_mm=20) == pytest.approx(expected, rel=0.1)


def test_who_stands_still_or_walks_without_noise_has_none():
    assert jitter_of(0.0, speed_mm=20) == pytest.approx(0, abs=0.01)


def test_too_much_jitter_keeps_somebody_from_being_stable():
    random = np.random.default_rng(0)
    for limit, is_stable in ((20.0, False), (120.0, True)):
        gate = StabilityGate(StabilitySettings(hits=5, window=5, min_iou=0.0, max_jitter_mm=limit))
        for index in range(5):
            people = poses(*HERE)
            noisy = people.poses3d + random.normal(0, 40, people.poses3d.shape).astype(np.float32)
            shaken = Poses(people.frame, people.boxes, people.poses2d, noisy, people.joint_scores)
            stable = gate.update([track(0)], shaken, index / 10)
        assert bool(stable) == is_stable


def test_joints_that_are_never_known_show_no_jitter_and_no_stability():
    gate = StabilityGate(StabilitySettings(hits=3, window=3, max_jitter_mm=1000))
    people = poses(*HERE)
    blind = Poses(
        people.frame, people.boxes, people.poses2d, np.full_like(people.poses3d, np.nan), people.joint_scores
    )
    for index in range(5):
        assert gate.update([track(0)], blind, index / 10) == frozenset()


@pytest.mark.parametrize("reset", [True, False])
def test_after_a_pause_or_a_new_epoch_everybody_begins_anew(reset):
    gate = StabilityGate(LOOSE)
    for index in range(5):
        gate.update([track(0)], poses(*HERE), index / 10)
    if reset:
        gate.reset()
    assert gate.update([track(0)], poses(*HERE), 0.5 if reset else 0.5 + PAUSE_S) == frozenset()


def test_with_the_tracker_somebody_who_stays_is_stable_from_the_third_frame_on():
    tracker, gate = OnlineTracker(SKELETON), StabilityGate()
    stable = []
    for index in range(5):
        tracks = tracker.update(poses(*HERE), index / 10)
        stable.append(bool(gate.update(tracks, poses(*HERE), index / 10)))
    assert stable == [False, False, True, True, True]
