"""Who is in the frames, by the times of the predictions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import presence_columns
from neuropose_ray.schemas.poses import Poses, PoseTable


def predictions(times_s, frames, scores, box_scores=None):
    count = len(frames)
    boxes = np.ones((count, 5), np.float32)
    if box_scores is not None:
        boxes[:, 4] = box_scores
    poses = Poses(
        np.array(frames, np.int64), boxes, np.zeros((count, 2, 2), np.float32), np.zeros((count, 2, 3), np.float32),
        np.array(scores, np.float32).reshape(count, 2),
    )  # fmt: skip
    return PoseTable(np.array(times_s, np.float64), poses)


def test_the_person_best_seen_decides_and_nobody_has_no_quality():
    table = predictions([0, 0.1, 0.2], [0, 0, 2], [[0.2, 0.4], [0.8, 1.0], [0.5, 0.5]])
    presence = presence_columns(table, np.array([0, 0.1, 0.2]))
    assert presence.persons.tolist() == [2, 0, 1]
    np.testing.assert_allclose(presence.pose_quality, [0.9, np.nan, 0.5])


def test_joints_without_scores_leave_the_persons_score():
    table = predictions([0, 1], [0, 1], [[np.nan, np.nan], [0.4, np.nan]], [0.7, 0.9])
    np.testing.assert_allclose(presence_columns(table, np.array([0, 1])).pose_quality, [0.7, 0.4])


@given(st.sets(st.integers(0, 40), max_size=40))
@settings(max_examples=40)
def test_frames_that_were_not_decoded_move_nobody_to_another_frame(lost):
    times = np.arange(40) / 29.97
    kept = [frame for frame in range(40) if frame not in lost]
    table = predictions(times[kept], range(len(kept)), [[frame / 40] * 2 for frame in kept])
    presence = presence_columns(table, times)
    assert presence.known.tolist() == [frame not in lost for frame in range(40)]
    expected = [np.nan if frame in lost else frame / 40 for frame in range(40)]
    np.testing.assert_allclose(presence.pose_quality, expected, rtol=1e-6)


def test_a_video_without_frames_has_no_presence():
    assert len(presence_columns(predictions([], [], []), np.zeros(0)).persons) == 0
