"""Why nothing was found is said, and whether something moved all the same."""

import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.predictions import segment_predictions
from neuropose_ray.analysis.segmentation.unfound import movement_range, why_no_segments
from neuropose_ray.schemas.segmentation import JointAxis
from neuropose_ray.schemas.skeleton import Skeleton

FRAMES = np.arange(200)
Y = JointAxis(joint=0, axis=1)


def moving(y):
    positions = np.zeros((len(y), 1, 3))
    positions[:, 0, 1] = y
    skeleton = Skeleton(name="one", joint_names=("heel",))
    return Motion("clip", skeleton, np.arange(len(y)) / 30, positions, np.ones((len(y), 1)))


def why(y, **bounds):
    motion = moving(np.asarray(y, float))
    return why_no_segments(motion, segment_predictions(motion, Y, **bounds))


def test_where_segments_were_found_there_is_nothing_to_say():
    assert why(50 * np.sin(FRAMES / 5)) is None


def test_a_movement_without_segments_is_told_with_its_range():
    assert why(FRAMES) == (
        "no segments were found, although the joint axis moves by 179 mm: it does not rise to a peak and fall again"
    )
    assert why(50 * np.sin(FRAMES / 5), min_prominence=500.0) == (
        "no segments were found, although the joint axis moves by 98.8 mm: no peak reaches the bounds that were set"
    )


def test_what_does_not_move_is_told_from_what_is_not_known():
    noise = np.random.default_rng(0).normal(0, 3, 200)
    assert why(noise) == "no segments were found: the joint axis does not change beyond its noise"
    motion = moving(noise)
    found = segment_predictions(motion, Y)
    unknown = moving(np.full(200, np.nan))
    assert why_no_segments(unknown, found) == "no segments were found: the joint axis is not known in any frame"


@pytest.mark.parametrize("scale", [0.01, 1.0, 1e4])
def test_fast_movement_counts_as_movement_whatever_its_unit(scale):
    assert movement_range(scale * np.sin(2 * np.pi * FRAMES / 6)) == pytest.approx(2 * scale, rel=0.2)
    assert movement_range(scale * np.random.default_rng(1).normal(0, 1, 200)) == 0
