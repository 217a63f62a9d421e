"""Whether a body moves: turning limbs do, noise and walking through the picture as a whole do not."""

import numpy as np
from rules.branches.test_body import view
from rules.branches.test_posture import about_x
from rules.streams import SKELETON, STANDING

from neuropose_ray.rules.branches.activity import ActivityMeter


def test_the_first_time_is_movement_and_stillness_is_none():
    meter = ActivityMeter(SKELETON)
    random = np.random.default_rng(0)
    taken = []
    for _ in range(4):
        for _ in range(10):
            meter.observe(view(STANDING + random.normal(0, 8, STANDING.shape) + random.normal(0, 500, 3)))
        taken.append(meter.take())
    assert taken == [True, False, False, False]


def test_a_limb_that_turns_and_comes_back_has_moved():
    meter = ActivityMeter(SKELETON)
    meter.observe(view(STANDING))
    meter.take()
    elbow, wrist = SKELETON.index("left_elbow"), SKELETON.index("left_wrist")
    raised = STANDING.copy()
    raised[wrist] = raised[elbow] + about_x(raised[wrist] - raised[elbow], 30)
    for joints in (STANDING, raised, STANDING):
        meter.observe(view(joints))
    assert meter.take()
    meter.observe(view(STANDING))
    assert not meter.take()


def test_a_limb_that_appears_may_have_moved():
    meter = ActivityMeter(SKELETON)
    hidden = STANDING.copy()
    hidden[SKELETON.index("left_wrist")] = np.nan
    meter.observe(view(hidden))
    meter.take()
    meter.observe(view(hidden))
    meter.observe(view(STANDING))
    assert meter.take()
