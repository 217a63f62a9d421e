"""The movement of an episode as it grows."""

import numpy as np
from analysis.segmentation.performers import phantom, without
from rules.streams import SKELETON, moments

from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.rules.branches.series import MotionSeries


def test_a_series_is_the_motion_that_was_streamed_with_frames_that_show_nobody():
    motion, _ = phantom(Squatting(), np.arange(0, 2, 0.1))
    hidden = without(motion, slice(5, 8))
    series = MotionSeries(motion.skeleton)
    assert all(series.add(moment) for moment in moments(hidden))
    np.testing.assert_array_equal(series.motion().positions, hidden.positions)
    np.testing.assert_array_equal(series.motion().timestamps_s, hidden.timestamps_s)
    assert len(series) == 20
    np.testing.assert_allclose(series.motion(0.55).timestamps_s, motion.timestamps_s[14:])


def test_a_frame_that_is_not_later_than_the_last_is_left_out():
    motion, _ = phantom(Squatting(), np.arange(0, 1, 0.1))
    series = MotionSeries(motion.skeleton)
    listed = moments(motion)
    assert [series.add(listed[index]) for index in (0, 3, 3, 2, 4)] == [True, True, False, False, True]
    assert (np.diff(series.motion().timestamps_s) > 0).all()


def test_without_a_frame_the_motion_is_empty():
    series = MotionSeries(SKELETON)
    assert (len(series.motion()), series.duration_s) == (0, 0.0)
