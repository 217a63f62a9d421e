from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from schemas.pose_tables import pose_tables, table_of

from neuropose_ray.errors import InputError
from neuropose_ray.formats.tracks import by_frame, take_main_person, take_track


@given(pose_tables())
@settings(max_examples=20)
def test_one_track_is_all_of_its_rows_and_every_frame(table):
    for track in [] if table.track_ids is None else np.unique(table.track_ids):
        rows = table.track_ids == track
        one = take_track(table, track, "here")
        np.testing.assert_array_equal(one.timestamps_s, table.timestamps_s)
        np.testing.assert_array_equal(one.track_ids, table.track_ids[rows])
        for name in ("frame", "boxes", "poses2d", "poses3d", "joint_scores"):
            np.testing.assert_array_equal(getattr(one.poses, name), getattr(table.poses, name)[rows])
        if table.poses3d_fitted is not None:
            np.testing.assert_array_equal(one.poses3d_fitted, table.poses3d_fitted[rows])


def test_an_unknown_track_is_one_line_with_those_there_are():
    table = table_of(frames=3, persons_per_frame=2)
    with pytest.raises(InputError, match=r"^walk: there is no track 7; there are 0, 1$"):
        take_track(table, 7, "walk")
    with pytest.raises(InputError, match="there is none at all"):
        take_track(type(table)(table.timestamps_s, table.poses), 0, "walk")


def test_the_main_person_is_in_most_frames_and_without_tracks_the_first_of_each():
    table = table_of(frames=3, persons_per_frame=2)
    rows = np.array([0, 1, 3, 5])
    uneven = replace(table, poses=table.poses.take(rows), track_ids=table.track_ids[rows])
    np.testing.assert_array_equal(take_main_person(uneven, "walk").track_ids, [1, 1, 1])
    untracked = take_main_person(replace(table, track_ids=None), "walk")
    np.testing.assert_array_equal(untracked.poses.poses3d, table.poses.poses3d[::2])
    with pytest.raises(InputError, match=r"^walk: nobody was found"):
        take_main_person(replace(table, poses=table.poses.take(np.zeros(6, bool)), track_ids=None), "walk")


def test_numbers_by_frame_are_nan_where_nobody_is():
    table = table_of(frames=3)
    table = replace(table, poses=table.poses.take(np.array([0, 2])), track_ids=None)
    frames = by_frame(table, table.poses.poses2d)
    np.testing.assert_array_equal(frames[[0, 2]], table.poses.poses2d)
    assert np.isnan(frames[1]).all()
