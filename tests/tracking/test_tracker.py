import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.tracking import TrackingSettings, track

CAMERA = Camera.from_field_of_view(1280, 720, 67)
BODY = np.random.default_rng(3).normal(scale=[200, 500, 100], size=(13, 3))


def table(
    people: list[dict[int, tuple[float, float, float]]], frames: int, shuffle: int = 0
) -> tuple[PoseTable, np.ndarray]:
    """People as {frame: place in mm}, shuffled within each frame by a seed; and who each row is."""
    random = np.random.default_rng(shuffle)
    rows = [
        (frame, who) for frame in range(frames) for who in random.permutation(len(people)) if frame in people[who]
    ]
    joints = np.array([BODY + people[who][frame] for frame, who in rows]).reshape(-1, 13, 3)
    pixels = CAMERA.project(joints)
    low, high = pixels.min(1), pixels.max(1)
    boxes = np.concatenate([low, high - low, np.ones((len(rows), 1))], 1)
    poses = Poses(
        np.array([frame for frame, _ in rows], np.int64),
        boxes.astype(np.float32),
        pixels.astype(np.float32),
        joints.astype(np.float32),
        np.ones((len(rows), 13), np.float32),
    )
    return PoseTable(np.arange(frames) / 30, poses), np.array([who for _, who in rows])


def walk(start: tuple[float, float], step_mm: float, frames: range) -> dict[int, tuple[float, float, float]]:
    return {frame: (start[0] + step_mm * frame, 0.0, start[1]) for frame in frames}


def ids_by_person(made: tuple[PoseTable, np.ndarray]) -> dict[int, list[int]]:
    ids = track(made[0], TrackingSettings())
    return {int(who): np.unique(ids[made[1] == who]).tolist() for who in np.unique(made[1])}


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_two_people_who_pass_each_other_keep_their_ids(seed: int):
    people = [walk((-2000, 3000), 40, range(100)), walk((2000, 4500), -40, range(100))]
    found = ids_by_person(table(people, 100, shuffle=seed))
    assert len(found[0]) == len(found[1]) == 1
    assert found[0] != found[1]


def test_a_short_occlusion_is_bridged_by_where_the_person_was_going():
    seen = [*range(40), *range(60, 100)]
    people = [{frame: (-2000 + 40.0 * frame, 0.0, 3000.0) for frame in seen}]
    assert ids_by_person(table(people, 100)) == {0: [0]}


def test_after_a_long_absence_a_person_is_somebody_new():
    people = [dict.fromkeys([*range(30), *range(90, 120)], (0.0, 0.0, 3000.0))]
    assert ids_by_person(table(people, 120)) == {0: [0, 1]}


def test_ids_count_up_in_the_order_of_appearance():
    people = [walk((500, 3000), 0, range(30, 90)), walk((-1500, 3000), 0, range(90))]
    assert ids_by_person(table(people, 90)) == {0: [1], 1: [0]}


def test_a_flicker_is_numbered_last_so_that_it_moves_nobodys_id():
    people = [walk((-1500, 3000), 0, range(20, 90)), {3: (1500.0, 0.0, 6000.0)}]
    assert ids_by_person(table(people, 90)) == {0: [0], 1: [1]}


def test_uneven_time_counts_in_seconds_not_in_frames():
    made, _ = table([walk((0, 3000), 0, range(60))], 60)
    times = np.concatenate([np.arange(30) / 30, 5 + np.arange(30) / 30])
    assert track(PoseTable(times, made.poses), TrackingSettings()).max() == 1


def test_poses_without_coordinates_do_not_break_it():
    made, _ = table([walk((0, 3000), 10, range(40))], 40)
    made.poses.poses3d[10:12] = np.nan
    assert set(track(made, TrackingSettings())) == {0}


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_a_video_without_people_has_no_ids(frames: int):
    assert track(PoseTable(np.arange(frames) / 30, Poses.empty(33)), TrackingSettings()).shape == (0,)
