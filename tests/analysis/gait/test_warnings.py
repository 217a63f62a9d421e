"""What makes a walk's numbers unsure is said in plain words."""

from dataclasses import replace

import numpy as np
import pytest

from neuropose_ray.analysis.gait.events import gait_events
from neuropose_ray.analysis.gait.parameters import gait_parameters


def seen(motion):
    """The same joints, as estimated from pictures."""
    return replace(motion, is_measured=False)


def warnings_of(motion):
    return gait_parameters(motion, gait_events(motion)).warnings


def said(words, motion):
    return any(words in warning for warning in warnings_of(motion))


@pytest.mark.parametrize(
    ("view_deg", "words"),
    [
        (0, "walks towards or away from the camera: speed, step and stride length rest on depth"),
        (180, "walks towards or away from the camera: speed, step and stride length rest on depth"),
        (90, "seen from the side: step width rests on depth"),
    ],
)
def test_what_rests_on_depth_is_said(perform, view_deg, words):
    # From far away the line of sight keeps its direction.
    motion = seen(perform(view_deg=view_deg, distance_mm=20_000)[0])
    assert said(words, motion)
    assert sum("depth" in warning for warning in warnings_of(motion)) == 1


@pytest.mark.parametrize(("view_deg", "rests"), [(0, True), (180, True), (40, False), (90, False)])
def test_events_seen_from_the_very_front_or_back_are_said_to_be_unsure(perform, view_deg, rests):
    motion, _ = perform(view_deg=view_deg, distance_mm=20_000)
    assert said("heel strikes and toe-offs are up to 0.2 s early or late", seen(motion)) == rests
    assert not said("early or late", motion)


def test_a_long_walk_that_is_well_seen_obliquely_has_no_warning(perform):
    motion, _ = perform(view_deg=52, distance_mm=20_000)
    assert warnings_of(motion) == warnings_of(seen(motion)) == ()


def test_a_short_clip_is_warned_about(perform):
    motion, _ = perform(seconds=2)
    assert said("the clip is short: 1 complete cycle of the left foot", motion)


def test_a_poorly_seen_foot_is_warned_about(walk):
    motion, _ = walk
    scores = motion.joint_scores.copy()
    scores[:, [motion.skeleton.index(f"left_{part}") for part in ("ankle", "heel", "toe")]] = 0.3
    assert said("the left foot is poorly seen: median score 0.30", replace(motion, joint_scores=scores))
    unknown = replace(motion, joint_scores=np.full_like(scores, np.nan))
    assert not said("poorly seen", unknown)


def test_a_slow_camera_is_warned_about(perform):
    assert said("at 15 frames a second", perform(frame_rate=15)[0])


def test_walking_backwards_is_warned_about(walk):
    motion, _ = walk
    assert said("walks backwards", replace(motion, positions=motion.positions[::-1]))


def test_standing_feet_that_slide_are_warned_about(walk):
    motion, _ = walk
    drift = np.outer(motion.timestamps_s, [0, 0, 300.0])
    assert said("standing feet slide by 0.30 m/s", replace(motion, positions=motion.positions + drift[:, None]))
