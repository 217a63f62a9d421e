"""One person's part of a frame."""

import numpy as np
from rules.streams import IMAGE, STANDING, observation

from neuropose_ray.rules.observation import moment_of


def test_a_person_has_the_row_of_their_track():
    frame = observation(5.0, {3: True, 7: False}, image=IMAGE)
    seen, unseen = (moment_of(frame, track) for track in frame.tracks)
    np.testing.assert_array_equal(seen.person.joints, STANDING.astype(np.float32))
    assert (unseen.person, moment_of(frame, None).person) == (None, None)
    assert seen.image is IMAGE


def test_time_is_the_cameras_own_where_there_is_one():
    frame = observation(5.0, {3: True})
    assert moment_of(frame, frame.tracks[0]).time_s == 5.0
    timed = type(frame)(frame.at, 1, frame.tracks, frame.stable, frame.poses, time_s=0.25)
    assert (moment_of(timed, timed.tracks[0]).time_s, moment_of(timed, timed.tracks[0]).at) == (0.25, 5.0)
