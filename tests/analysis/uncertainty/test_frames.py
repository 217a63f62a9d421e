"""Who comes or goes is not measured at the edge of the picture, and frames of a doubtful fit are left out."""

import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.uncertainty.frames import usable_frames
from neuropose_ray.schemas.skeleton import Skeleton


def person(seen):
    seen = np.asarray(seen, bool)
    positions = np.where(seen[:, None, None], 1.0, np.nan) * np.ones((len(seen), 1, 3))
    skeleton = Skeleton(name="one", joint_names=("hip",))
    return Motion("clip", skeleton, np.arange(len(seen)) / 30, positions, np.ones((len(seen), 1)))


def test_whoever_is_there_all_the_time_is_measured_all_the_time():
    assert usable_frames(person(np.ones(60))).all()


def test_the_fifth_of_a_second_after_coming_and_before_going_is_left_out():
    seen = np.zeros(100)
    seen[20:80] = 1
    assert np.flatnonzero(usable_frames(person(seen)))[[0, -1]] == pytest.approx([26, 73], abs=1)
    seen[:20] = 1
    assert usable_frames(person(seen))[:70].all()


def test_whoever_is_seen_too_shortly_is_measured_all_the_same():
    seen = np.zeros(100)
    seen[40:44] = 1
    assert usable_frames(person(seen)).sum() == 4


def test_doubtful_frames_are_left_out_unless_they_are_most():
    doubtful = np.arange(100) < 30
    assert usable_frames(person(np.ones(100)), doubtful).sum() == 70
    assert usable_frames(person(np.ones(100)), ~doubtful).all()


def test_of_nobody_no_frame_is_usable():
    assert not usable_frames(person(np.zeros(10))).any()
