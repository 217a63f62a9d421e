"""People of a live stream: their states, ids that are never given twice, and agreement with whole videos."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking import OnlineSettings, OnlineTracker, TrackingSettings
from neuropose_ray.tracking.stretches import stretches

JOINTS = 13
SKELETON = Skeleton(name="thirteen", joint_names=tuple(f"joint_{index}" for index in range(JOINTS)))
BODY = np.random.default_rng(3).normal(scale=[200, 500, 100], size=(JOINTS, 3))


def poses(*people):
    """The people of a frame as (x in px, score)."""
    count = len(people)
    boxes = np.array([(x, 100.0, 80, 240, score) for x, score in people], np.float32).reshape(count, 5)
    joints = np.array([BODY + (x * 4, 0, 3000) for x, _ in people], np.float32).reshape(count, JOINTS, 3)
    return Poses(np.zeros(count, np.int64), boxes, joints[..., :2], joints, np.ones((count, JOINTS), np.float32))


def states(tracker, frames, rate_hz=10):
    return [
        [(track.track_id, track.state, track.row) for track in tracker.update(poses(*people), index / rate_hz)]
        for index, people in enumerate(frames)
    ]


HERE = [(100.0, 0.9)]


def test_a_person_is_tentative_then_confirmed_then_lost_and_then_gone():
    seen = states(OnlineTracker(SKELETON), [HERE] * 4 + [[]] * 12)
    assert seen[:5] == [
        [(0, "tentative", 0)], [(0, "tentative", 0)], [(0, "confirmed", 0)], [(0, "confirmed", 0)],
        [(0, "lost", None)],
    ]  # fmt: skip
    assert seen[13] == [(0, "lost", None)]  # 1.0 s after the last frame
    assert seen[14] == []


def test_who_comes_back_in_time_keeps_the_id_and_who_comes_later_has_another():
    seen = states(OnlineTracker(SKELETON), [HERE] * 4 + [[]] * 8 + [HERE] + [[]] * 12 + [HERE])
    assert seen[12] == [(0, "confirmed", 0)]
    assert seen[-1] == [(1, "tentative", 0)]


def test_a_flicker_is_forgotten_sooner():
    seen = states(OnlineTracker(SKELETON), [HERE] + [[]] * 7)
    assert seen[5] == [(0, "tentative", None)]
    assert seen[6:] == [[], []]


def test_how_many_frames_confirm_somebody_can_be_set():
    assert states(OnlineTracker(SKELETON, online=OnlineSettings(confirm_hits=1)), [HERE])[0][0][1] == "confirmed"


def test_a_doubted_pose_is_nobody_and_nobody_elses():
    """Between two sure ones it shows the same person, who is lost for a frame."""
    seen = states(OnlineTracker(SKELETON), [[(100.0, 0.1)]] + [HERE] * 3 + [[(100.0, 0.1)]] + [HERE])
    assert seen[0] == []
    assert seen[4] == [(0, "lost", None)]
    assert seen[5] == [(0, "confirmed", 0)]


def test_a_lost_person_is_expected_where_the_movement_led():
    tracker = OnlineTracker(SKELETON)
    walk = [[(100.0 + 12 * index, 0.9)] for index in range(30)]
    states(tracker, walk)
    (lost,) = tracker.update(poses(), 3.0)
    (last,) = walk[-1]
    assert lost.box[0] == pytest.approx(last[0] + 12, abs=3)
    assert lost.speed[0] == pytest.approx(120, rel=0.05)
    assert lost.unseen_s == pytest.approx(0.1)


def test_a_new_epoch_knows_nobody_and_gives_no_id_twice():
    tracker = OnlineTracker(SKELETON)
    states(tracker, [HERE] * 5)
    tracker.reset()
    (track,) = tracker.update(poses(*HERE), 0.0)
    assert (track.track_id, track.state) == (1, "tentative")


def test_a_clock_that_goes_back_stands_still():
    tracker = OnlineTracker(SKELETON)
    for time_s in (5.0, 5.1, 3.0, 3.1, 5.2):
        (track,) = tracker.update(poses(*HERE), time_s)
        assert track.track_id == 0
        assert np.isfinite(track.speed).all()
    assert track.hits == 5


@pytest.mark.parametrize("time_s", [float("nan"), float("inf")])
def test_a_time_that_is_none_and_poses_of_another_skeleton_are_refused(time_s):
    with pytest.raises(ValueError, match="not of 13 joints"):
        OnlineTracker(SKELETON).update(poses(*HERE), time_s)
    with pytest.raises(ValueError, match="not of 13 joints"):
        OnlineTracker(SKELETON).update(Poses.empty(12), 0.0)


PEOPLE = st.lists(st.tuples(st.sampled_from([0.0, 5, 300, 320, 700]), st.sampled_from([0.1, 0.5, 0.9])), max_size=4)


@settings(max_examples=60)
@given(frames=st.lists(PEOPLE, max_size=20), resets=st.sets(st.integers(0, 19)))
def test_whatever_is_seen_every_sure_pose_is_one_track_and_ids_only_grow(frames, resets):
    tracker, newest, gone = OnlineTracker(SKELETON), -1, set()
    before: set[int] = set()
    for index, people in enumerate(frames):
        if index in resets:
            tracker.reset()
        tracks = tracker.update(poses(*people), index / 10)
        ids = [track.track_id for track in tracks]
        rows = sorted(track.row for track in tracks if track.row is not None)
        assert rows == [row for row, (_, score) in enumerate(people) if score >= 0.25]
        assert len(set(ids)) == len(ids)
        assert not gone & set(ids), "an id does not come back"
        assert all(track_id > newest for track_id in set(ids) - before)
        gone |= before - set(ids)
        before, newest = set(ids), max([newest, *ids])
        assert all((track.row is None) == (track.state == "lost") for track in tracks if track.state != "tentative")


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4))
def test_people_who_are_always_seen_have_the_ids_of_the_whole_videos_stretches(seed, count):
    random = np.random.default_rng(seed)
    places, speeds = random.uniform(0, 1200, count), random.uniform(-6, 6, count)
    frames = [[(float(x), 0.9) for x in places + speeds * index] for index in range(12)]
    tracker = OnlineTracker(SKELETON)
    live = [
        {track.row: track.track_id for track in tracker.update(poses(*people), index / 30)}
        for index, people in enumerate(frames)
    ]
    parts = [poses(*people) for people in frames]
    table = PoseTable(np.arange(12) / 30, Poses.concatenate(parts, range(12)))
    whole = {
        row: number for number, stretch in enumerate(stretches(table, TrackingSettings())) for row in stretch.rows
    }
    assert whole == {
        count * index + row: track_id for index, rows in enumerate(live) for row, track_id in rows.items()
    }
