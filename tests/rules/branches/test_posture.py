"""Postures of phantoms and of stick people: standing, sitting, squatting, bent, lying."""

import numpy as np
import pytest
from analysis.segmentation.performers import phantom
from rules.branches.test_body import view
from rules.streams import SKELETON, STANDING, moments

from neuropose_ray.phantom.motions import SitToStand, Squatting
from neuropose_ray.rules.branches.body import BodyReader
from neuropose_ray.rules.branches.posture import PostureWatcher, posture_of
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import PostureBranch

HIPS = (STANDING[SKELETON.index("left_hip")] + STANDING[SKELETON.index("right_hip")]) / 2


def about_x(points, degrees):
    angle = np.radians(degrees)
    return points @ np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])


def lying():
    return HIPS + (0, 700, 0) + about_x(STANDING - HIPS, 90)


def bent():
    upper = [index for index in range(33) if STANDING[index, 1] < HIPS[1] - 1]
    joints = STANDING.copy()
    joints[upper] = HIPS + about_x(STANDING[upper] - HIPS, 70)
    return joints


def posture(joints, skeleton=SKELETON):
    return posture_of(BodyReader(skeleton).state(view(joints)))


def test_a_stick_person_stands_lies_and_bends():
    assert [posture(joints) for joints in (STANDING, lying(), bent())] == ["standing", "lying", "bent"]


def test_phantoms_sit_before_they_stand_up_and_squat_at_the_bottom():
    seated, events = phantom(SitToStand(), np.arange(0, 6, 0.1))
    (top_s,) = (event.timestamp_s for event in events if event.kind == "repetition_top")
    top = int(np.argmin(np.abs(seated.timestamps_s - top_s)))
    assert posture(seated.positions[0], seated.skeleton) == "sitting"
    assert posture(seated.positions[top], seated.skeleton) == "standing"
    squatting, events = phantom(Squatting(), np.arange(0, 6, 0.1))
    bottom = int(np.argmin(np.abs(squatting.timestamps_s - events[0].timestamp_s)))
    assert posture(squatting.positions[bottom], squatting.skeleton) == "squatting"
    assert posture(squatting.positions[0], squatting.skeleton) == "standing"


def watched(joints_of_frames, duration_s=1.0):
    run = PostureWatcher(PostureBranch(name="posture", duration_s=duration_s), SKELETON).begin()
    for frame, joints in enumerate(joints_of_frames):
        run.observe(Moment(frame / 10, frame / 10, None if joints is None else view(joints)))
        _, result = run.poll()
        if result is not None:
            return frame, result
    return None, run.conclude()[1]


def test_the_most_frequent_posture_of_the_time_counts():
    frame, result = watched([bent()] * 3 + [STANDING] * 20)
    assert frame == 10
    assert result.fields["value"] == "standing"
    assert result.fields["confidence"] == pytest.approx(8 / 11)


def test_who_leaves_before_has_the_posture_that_was_seen_and_who_was_not_seen_none():
    assert watched([bent()] * 3)[1].fields["value"] == "bent"
    _, unseen = watched([None] * 30)
    assert unseen.failed
    assert unseen.fields["error"] == "hips and shoulders were never seen"


def test_the_time_counts_from_the_first_frame_that_shows_the_person():
    frame, _ = watched([None] * 7 + [STANDING] * 20)
    assert frame == 17
    assert len(moments(phantom(Squatting(), np.arange(0, 1, 0.5))[0])) == 2
