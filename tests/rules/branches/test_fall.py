"""Falls: fast, downwards, and staying down; and what is none."""

import numpy as np
import pytest
from analysis.segmentation.performers import phantom
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.branches.test_body import view
from rules.branches.test_posture import HIPS, about_x, bent
from rules.streams import SKELETON, STANDING, moments

from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import SitToStand, Squatting
from neuropose_ray.rules.branches.fall import FallWatcher
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import FallBranch

RATE_HZ = 10


def tilted(share):
    """From standing (0) to lying on the floor (1)."""
    return HIPS + (0, 700 * share, 0) + about_x(STANDING - HIPS, 90 * share)


def course(*parts):
    """Frames of (seconds, share at the begin, share at the end)."""
    return [
        tilted(share)
        for seconds, begin, end in parts
        for share in np.linspace(begin, end, max(round(seconds * RATE_HZ), 1))
    ]


def fall_of(frames, **settings):
    run = FallWatcher(FallBranch(name="fall", **settings), SKELETON).begin()
    for frame, joints in enumerate(frames):
        run.observe(Moment(1e9 + frame / RATE_HZ, frame / RATE_HZ, None if joints is None else view(joints)))
        _, result = run.poll()
        if result is not None:
            return result.fields
    return run.conclude()[1].fields


def test_a_fall_is_told_with_when_and_how_deep():
    fields = fall_of(course((2, 0, 0), (0.8, 0, 1), (5, 1, 1)))
    assert fields["value"] is True
    assert fields["time_s"] == pytest.approx(2.6, abs=0.2)
    assert fields["drop_mm"] == pytest.approx(700, abs=80)
    assert fields["lying_s"] == pytest.approx(1.0, abs=0.11)


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("lying down slowly", course((1, 0, 0), (8, 0, 1), (5, 1, 1))),
        ("getting up at once", course((1, 0, 0), (0.6, 0, 1), (0.4, 1, 1), (1, 1, 0), (2, 0, 0))),
        ("lying all the time", course((8, 1, 1))),
        ("bending", [STANDING] * 10 + [bent()] * 30),
        ("standing", [STANDING] * 40),
    ],
)
def test_what_is_no_fall(name, frames):
    assert fall_of(frames) == {"value": False, "time_s": None, "drop_mm": None, "lying_s": None}


@pytest.mark.parametrize("performed", [Squatting(), SitToStand(), Walking()])
def test_exercises_are_no_falls(performed):
    motion, _ = phantom(performed, np.arange(0.2, 8, 0.1), noise_mm=15)
    run = FallWatcher(FallBranch(name="fall"), motion.skeleton).begin()
    for moment in moments(motion):
        run.observe(moment)
    assert run.conclude()[1].fields["value"] is False


@settings(max_examples=25)
@given(missing=st.sets(st.integers(0, 70), max_size=12))
def test_frames_in_which_nothing_is_seen_hide_no_fall(missing):
    frames = course((2, 0, 0), (0.8, 0, 1), (5, 1, 1))
    hidden = [None if frame in missing else joints for frame, joints in enumerate(frames)]
    # Hidden through the whole way from upright, nobody can tell.
    if not set(range(8, 28)) <= missing:
        assert fall_of(hidden)["value"] is True


def test_who_was_never_seen_neither_fell_nor_did_not():
    assert fall_of([None] * 5)["type"] == "unexpected_error"
