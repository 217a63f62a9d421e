from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking import NOBODY, TrackingSettings, Tracks, track

CAMERA = Camera.from_field_of_view(1280, 720, 67)
BODY_SKELETON = Skeleton(
    name="thirteen",
    joint_names=[f"j{place}" for place in range(13)],
    edges=[(place, place + 1) for place in range(12)],
)
RED, BLUE = np.array([50.0, 60, 40] * 2), np.array([35.0, 10, -50] * 2)
BODY = np.random.default_rng(3).normal(scale=[200, 500, 100], size=(13, 3))


def table(
    people: list[dict[int, tuple[float, float, float]]],
    frames: int,
    shuffle: int = 0,
    score: Callable[[int, int], float] = lambda who, frame: 1.0,
) -> tuple[PoseTable, np.ndarray]:
    """People as {frame: place in mm}, shuffled within each frame by a seed, with scores; and who each row is."""
    random = np.random.default_rng(shuffle)
    rows = [
        (frame, who) for frame in range(frames) for who in random.permutation(len(people)) if frame in people[who]
    ]
    joints = np.array([BODY + people[who][frame] for frame, who in rows]).reshape(-1, 13, 3)
    pixels = CAMERA.project(joints)
    low, high = pixels.min(1), pixels.max(1)
    scores = np.array([score(who, frame) for frame, who in rows]).reshape(-1, 1)
    boxes = np.concatenate([low, high - low, scores], 1)
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


def follow(made: tuple[PoseTable, np.ndarray], clothes: list[np.ndarray] | None = None, **options: float) -> Tracks:
    """Tracks of made people, with the colours of their clothes where these are given."""
    settings = TrackingSettings(**options)
    if clothes is None:
        return track(made[0], BODY_SKELETON, settings)
    return track(made[0], BODY_SKELETON, settings, lambda rows: np.array([clothes[who] for who in made[1][rows]]))


def ids_by_person(
    made: tuple[PoseTable, np.ndarray], clothes: list[np.ndarray] | None = None
) -> dict[int, list[int]]:
    ids = follow(made, clothes).ids
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


def test_who_comes_back_to_the_same_place_keeps_the_id_and_it_is_said_how_sure_that_is():
    people = [dict.fromkeys([*range(30), *range(90, 120)], (0.0, 0.0, 3000.0))]
    tracks = follow(table(people, 120))
    assert set(tracks.ids) == {0}
    (back,) = tracks.returns
    assert (back.track, back.frame, back.unseen_s) == (0, 90, pytest.approx(61 / 30))
    assert 0.5 < back.certainty < 1


def test_after_a_very_long_absence_a_person_is_somebody_new():
    made, _ = table([dict.fromkeys(range(60), (0.0, 0.0, 3000.0))], 60)
    for away_s, people in ((5, 1), (29, 1), (31, 2)):
        times = np.concatenate([np.arange(30) / 30, 1 + away_s + np.arange(30) / 30])
        assert follow((PoseTable(times, made.poses), None)).ids.max() == people - 1


@settings(max_examples=30)
@given(
    st.integers(32, 300), st.sampled_from([RED, BLUE]), st.floats(-500, 500), st.sampled_from([3000.0, 3300.0]),
)  # fmt: skip
def test_who_comes_in_other_clothes_is_somebody_else(away: int, first: np.ndarray, x: float, z: float):
    frames = 60 + away
    people = [dict.fromkeys(range(30), (0.0, 0.0, 3000.0)), dict.fromkeys(range(30 + away, frames), (x, 0.0, z))]
    other = BLUE if first is RED else RED
    assert ids_by_person(table(people, frames), [first, other]) == {0: [0], 1: [1]}
    assert ids_by_person(table(people, frames), [first, first + 3]) == {0: [0], 1: [0]}


def test_in_a_crowd_clothes_tell_who_came_out_from_behind_whom():
    """Somebody is hidden by somebody else, who leaves in the same moment in which the first appears."""
    hidden = dict.fromkeys([*range(30), *range(45, 90)], (0.0, 0.0, 3000.0))
    hiding = dict.fromkeys(range(31, 44), (150.0, 0.0, 2600.0))
    assert ids_by_person(table([hidden, hiding], 90), [RED, BLUE]) == {0: [0], 1: [1]}


def test_a_person_who_is_missing_several_times_is_one_and_no_stretch_is_passed_over():
    seen = [*range(30), *range(33, 38), *range(40, 46), *range(49, 90)]
    people = [{frame: (-2000 + 60.0 * frame, -900 * np.sin(frame / 8), 3000.0) for frame in seen}]
    assert ids_by_person(table(people, 90), [RED]) == {0: [0]}


def test_a_much_smaller_person_in_the_same_place_is_somebody_else():
    near, far = dict.fromkeys(range(30), (0.0, 0.0, 3000.0)), dict.fromkeys(range(35, 90), (0.0, 0.0, 12000.0))
    assert ids_by_person(table([near, far], 90)) == {0: [0], 1: [1]}


def test_a_person_ends_where_the_pose_model_doubts_it_and_nobody_is_seen_after():
    made = table([walk((0, 3000), 10, range(90))], 90, score=lambda who, frame: 0.1 if frame >= 60 else 1.0)
    ids = follow(made).ids
    assert ids.tolist() == [0] * 60 + [NOBODY] * 30


def test_what_the_pose_model_always_doubts_is_nobody():
    people = [walk((0, 3000), 10, range(90)), dict.fromkeys(range(90), (1500.0, -900.0, 9000.0))]
    made = table(people, 90, score=lambda who, frame: 0.1 if who else 1.0)
    assert ids_by_person(made) == {0: [0], 1: [NOBODY]}


def test_poses_that_are_doubted_for_a_moment_belong_to_the_person():
    made = table([walk((0, 3000), 10, range(90))], 90, score=lambda who, frame: 0.1 if 40 <= frame < 55 else 1.0)
    assert follow(made).ids.tolist() == [0] * 90
    assert not follow(made).returns


@given(
    apart_mm=st.integers(300, 800),
    begin=st.integers(10, 30),
    lengths=st.tuples(st.integers(2, 9), st.integers(1, 20)),
    seed=st.integers(0, 9),
)
@pytest.mark.slow
def test_who_is_doubted_is_not_taken_for_the_person_beside(
    apart_mm: int, begin: int, lengths: tuple[int, int], seed: int
):
    """The second person is doubted from the frame on in which the first one is believed again."""
    back = begin + lengths[0]
    doubted = [range(begin, back), range(back, back + lengths[1])]
    people = [walk((0, 4000), 0, range(70)), walk((apart_mm, 4000), 0, range(70))]
    made = table(people, 70, seed, score=lambda who, frame: 0.2 if frame in doubted[who] else 1.0)
    ids = follow(made).ids
    for who in range(2):
        assert len(set(ids[made[1] == who]) - {NOBODY}) == 1
    assert not set(ids[made[1] == 0]) & set(ids[made[1] == 1]) - {NOBODY}


@settings(max_examples=25)
@given(st.data())
def test_every_row_has_one_id_and_no_frame_one_id_twice(data: st.DataObject):
    frames = 60
    spans = st.tuples(st.integers(0, 59), st.integers(1, 60)).map(lambda span: range(span[0], min(60, sum(span))))
    people = [
        walk(
            (data.draw(st.floats(-3000, 3000)), data.draw(st.floats(2000, 9000))), data.draw(st.floats(-60, 60)), span
        )
        for span in data.draw(st.lists(spans, min_size=1, max_size=5))
    ]
    scores = data.draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(scores).random((5, frames))
    made, _ = table(people, frames, score=lambda who, frame: float(random[who, frame]))
    ids = follow((made, None)).ids
    assert len(ids) == len(made.poses)
    shown = ids != NOBODY
    pairs = list(zip(made.poses.frame[shown].tolist(), ids[shown].tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert sorted(set(ids[shown].tolist())) == list(range(len(set(ids[shown].tolist()))))


def test_ids_count_up_in_the_order_of_appearance():
    people = [walk((500, 3000), 0, range(30, 90)), walk((-1500, 3000), 0, range(90))]
    assert ids_by_person(table(people, 90)) == {0: [1], 1: [0]}


def test_a_short_visit_is_numbered_last_so_that_it_moves_nobodys_id():
    people = [walk((-1500, 3000), 0, range(20, 90)), dict.fromkeys(range(3, 11), (1500.0, 0.0, 6000.0))]
    assert ids_by_person(table(people, 90)) == {0: [0], 1: [1]}


def test_a_flicker_is_nobody():
    people = [walk((-1500, 3000), 0, range(20, 90)), {3: (1500.0, 0.0, 6000.0)}]
    assert ids_by_person(table(people, 90)) == {0: [0], 1: [NOBODY]}


def test_in_a_picture_or_in_rare_frames_everybody_is_somebody():
    assert ids_by_person(table([{0: (0.0, 0.0, 3000.0)}], 1)) == {0: [0]}
    made, _ = table([{1: (0.0, 0.0, 3000.0)}], 3)
    assert follow((PoseTable(np.arange(3.0), made.poses), None)).ids.tolist() == [0]


@pytest.mark.parametrize("frames", range(1, 6))
def test_in_a_clip_of_a_few_frames_everybody_is_somebody(frames: int):
    assert ids_by_person(table([walk((0, 3000), 5, range(frames))], frames)) == {0: [0]}


@given(pictures=st.integers(2, 12), people=st.integers(1, 3))
def test_in_unrelated_pictures_everybody_is_somebody(pictures: int, people: int):
    # Nobody is where somebody was in the picture before.
    apart = [
        {picture: (2000.0 * who + 8000 * picture, 0.0, 3000.0 + 4000 * (picture % 2))}
        for picture in range(pictures)
        for who in range(people)
    ]
    assert NOBODY not in follow(table(apart, pictures)).ids


def test_poses_without_coordinates_do_not_break_it():
    made, _ = table([walk((0, 3000), 10, range(40))], 40)
    made.poses.poses3d[10:12] = np.nan
    assert set(follow((made, None)).ids) == {0}


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_a_video_without_people_has_no_ids(frames: int):
    assert follow((PoseTable(np.arange(frames) / 30, Poses.empty(13)), None)).ids.shape == (0,)
