from dataclasses import replace

import numpy as np
import pytest
from formats.people import nobody, squatting

from neuropose_ray.errors import InputError
from neuropose_ray.formats.axes import camera_to_y_up
from neuropose_ray.formats.person import person_at_even_rate
from neuropose_ray.phantom.body import PHANTOM_SKELETON


def test_who_is_seen_in_most_frames_is_taken_unless_a_track_is_named():
    table, header = squatting(frames=6, persons=2)
    kept = ~((table.track_ids == 0) & (table.poses.frame > 3))
    table = replace(table, poses=table.poses.take(kept), track_ids=table.track_ids[kept])
    for track, expected in ((None, 1), (0, 0), (1, 1)):
        person = person_at_even_rate(table, header, track=track, where="squat")
        rows = table.track_ids == expected
        np.testing.assert_array_equal(person.positions[table.poses.frame[rows]], table.poses.poses3d[rows])
        assert person.missing_frames == 6 - rows.sum()


def test_space_is_y_up_in_mm_and_the_picture_y_down_in_px():
    table, header = squatting(frames=4, rate_hz=25.0, missing=[1])
    person = person_at_even_rate(table, header, track=None, where="squat")
    space, image = person.space(), person.image()
    assert (space.rate_hz, space.units, space.names) == (25, "mm", PHANTOM_SKELETON.joint_names)
    np.testing.assert_allclose(space.positions[2], camera_to_y_up(table.poses.poses3d[1].astype(np.float64)))
    head, foot = (PHANTOM_SKELETON.index(name) for name in ("nose", "left_toe"))
    assert space.positions[0, head, 1] > space.positions[0, foot, 1] + 1000
    assert image.units == "px"
    assert image.positions[0, head, 1] < image.positions[0, foot, 1]
    assert (image.positions[0, :, 2] == 0).all()
    assert np.isnan(image.positions[1]).all()
    assert np.isnan(space.positions[1]).all()


def test_uneven_frames_are_resampled_and_the_joints_stay_where_they_were():
    table, header = squatting(frames=40, rate_hz=60.0)
    exact = person_at_even_rate(table, header, track=None, where="squat").positions
    kept = np.setdiff1d(np.arange(40), [5, 17, 18, 30])
    uneven = replace(
        table,
        timestamps_s=table.timestamps_s[kept],
        poses=replace(table.poses.take(kept), frame=np.arange(36)),
        track_ids=table.track_ids[kept],
    )
    person = person_at_even_rate(uneven, header, track=None, where="squat")
    assert (person.clock.resampled, person.clock.rate_hz) == (True, 60)
    np.testing.assert_allclose(person.positions, exact, atol=1)


def test_fitted_joints_go_before_the_models_and_fill_in_where_they_are_missing():
    table, header = squatting(frames=2)
    fitted = table.poses.poses3d + 7
    fitted[1] = np.nan
    positions = person_at_even_rate(table.with_fitted(fitted), header, track=None, where="squat").positions
    np.testing.assert_allclose(positions - table.poses.poses3d, [np.full((21, 3), 7), np.zeros((21, 3))], atol=1e-3)


def test_nobody_is_one_line():
    with pytest.raises(InputError, match=r"^squat: nobody was found in this video; there is nothing to write$"):
        person_at_even_rate(*nobody(), track=None, where="squat")
