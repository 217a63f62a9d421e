"""Who is measured: named by track or chosen by a rule, and always told with who else is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.analysis.person_choice import PERSON_RULES, TrackChoice, choose_person
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.poses import Poses, PoseTable

PICTURE = (1000, 800)
JOINTS = 5


def video(people: list[tuple[range, tuple[float, float], float, float]], frames: int = 100) -> PoseTable:
    """People as (frames, middle in px, height in px, way that they swing in px), each a track by its place."""
    rows = sorted((frame, who) for who, person in enumerate(people) for frame in person[0])
    boxes, joints = [], []
    for frame, who in rows:
        _, (x, y), height, swing = people[who]
        shift = swing * np.sin(frame / 5)
        boxes.append([x - height / 4 + shift, y - height / 2, height / 2, height, 0.9])
        joints.append(np.array([x + shift, y]) + height * np.linspace(-0.4, 0.4, JOINTS)[:, None])
    count = len(rows)
    poses = Poses(
        np.array([frame for frame, _ in rows], np.int64),
        np.array(boxes, np.float32).reshape(count, 5),
        np.array(joints, np.float32).reshape(count, JOINTS, 2),
        np.zeros((count, JOINTS, 3), np.float32),
        np.ones((count, JOINTS), np.float32),
    )
    return PoseTable(np.arange(frames) / 30, poses).with_tracks(np.array([who for _, who in rows], np.int32))


FAR_AND_LONG = (range(100), (200.0, 300.0), 100.0, 0.0)
NEAR_AND_SHORT = (range(20, 60), (800.0, 400.0), 500.0, 5.0)
IN_THE_MIDDLE = (range(10, 60), (510.0, 390.0), 150.0, 1.0)
RESTLESS = (range(50, 100), (100.0, 700.0), 120.0, 90.0)
CROWD = video([FAR_AND_LONG, NEAR_AND_SHORT, IN_THE_MIDDLE, RESTLESS])


@pytest.mark.parametrize(
    ("rule", "track"), [("longest", 0), ("largest", 1), ("nearest-centre", 2), ("most-moving", 3)]
)
def test_a_rule_chooses_the_person_it_names(rule: str, track: int):
    choice = choose_person(CROWD, PICTURE, rule=rule)
    assert (choice.track, choice.rule) == (track, rule)


def test_the_choice_says_who_else_is_there_and_how_long_the_person_is_seen():
    choice = choose_person(video([FAR_AND_LONG, (range(88), (700.0, 400.0), 90.0, 0.0)]), PICTURE, track=1)
    assert choice.description == "track 1 of 2 (others: 0), seen in 88 %"
    assert choice.reason == "as was asked for"


def test_one_person_is_the_only_one():
    assert choose_person(video([FAR_AND_LONG]), PICTURE).description == "track 0, the only one, seen in 100 %"


def test_without_tracks_people_are_counted_by_their_place_in_each_frame():
    table = PoseTable(CROWD.timestamps_s, CROWD.poses)
    choice = choose_person(table, PICTURE, person_index=1)
    assert (choice.track, choice.place, choice.rule) == (None, 1, None)
    assert choice.description == "person 1 of each frame (the file holds no tracks), seen in 90 %"


@given(st.sampled_from(PERSON_RULES), st.integers(0, 3))
def test_by_any_rule_every_person_has_one_rank(rule: str, rank: int):
    ranked = [choose_person(CROWD, PICTURE, rule=rule, person_index=place).track for place in range(4)]
    assert sorted(ranked) == [0, 1, 2, 3]
    choice = choose_person(CROWD, PICTURE, rule=rule, person_index=rank)
    assert sorted((choice.track, *choice.others)) == [0, 1, 2, 3]


@pytest.mark.parametrize("rule", PERSON_RULES)
def test_among_equals_who_is_seen_longest_is_chosen(rule: str):
    twins = video([(range(40), (500.0, 400.0), 100.0, 0.0), (range(60), (500.0, 400.0), 100.0, 0.0)])
    assert choose_person(twins, PICTURE, rule=rule).track == 1


def test_joints_that_are_guesses_do_not_count_as_movement():
    table = video([FAR_AND_LONG, RESTLESS])
    table.poses.joint_scores[table.track_ids == 1] = 0.1
    table.poses.poses2d[table.track_ids == 0] += np.arange(100)[:, None, None]
    assert choose_person(table, PICTURE, rule="most-moving").track == 0


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (CROWD, {"track": 9}, "there is no track 9"),
        (CROWD, {"person_index": 4}, "there is no person 4"),
        (PoseTable(CROWD.timestamps_s, CROWD.poses), {"track": 0}, "there is no track 0"),
        (PoseTable(CROWD.timestamps_s, CROWD.poses), {"person_index": 4}, "there is no person 4"),
        (PoseTable(np.arange(3.0), Poses.empty(5)), {}, "nobody is seen"),
    ],
)
def test_who_is_not_there_is_an_error_that_says_so(table: PoseTable, options: dict, said: str):
    with pytest.raises(InputError, match=said):
        choose_person(table, PICTURE, **options)


def test_a_choice_is_kept_in_reports_as_json():
    choice = choose_person(CROWD, PICTURE, rule="largest")
    assert TrackChoice.model_validate_json(choice.model_dump_json()) == choice
