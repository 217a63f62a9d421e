"""Stretches are even, follow the true times, and never reach over a long gap."""

from dataclasses import replace

import numpy as np
import pytest

from neuropose_ray.analysis.gait.heading import pelvis_mm, walking_directions
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.gait.signals import CLOCK_HZ, foot_segments, unbroken

SETTINGS = GaitSettings()


def segments_of(motion):
    return foot_segments(motion, walking_directions(motion, SETTINGS), SETTINGS)


def test_a_heel_is_ahead_of_the_pelvis_by_what_the_positions_say(walk):
    motion, _ = walk
    directions = walking_directions(motion, SETTINGS)
    (segment,) = foot_segments(motion, directions, SETTINGS)
    np.testing.assert_allclose(np.diff(segment.times_s), 1 / CLOCK_HZ)
    raw = ((motion.joint("left_heel") - pelvis_mm(motion)) * directions.forward).sum(1)
    smooth = np.interp(motion.timestamps_s, segment.times_s, segment.ahead_mm["left", "heel"])
    assert np.abs(smooth - raw)[6:-6].max() < 15  # of 750 mm; the low-pass rounds the turning points


def test_a_frame_rate_under_twice_the_cut_off_is_not_smoothed(perform):
    motion, _ = perform(frame_rate=10)
    directions = walking_directions(motion, SETTINGS)
    (segment,) = foot_segments(motion, directions, SETTINGS)
    raw = ((motion.joint("left_heel") - pelvis_mm(motion)) * directions.forward).sum(1)
    spline = np.interp(motion.timestamps_s[:-1], segment.times_s, segment.ahead_mm["left", "heel"])
    np.testing.assert_allclose(spline, raw[:-1], atol=1)


def test_long_gaps_cut_and_short_stretches_are_left_out(walk):
    motion, _ = walk
    positions = motion.positions.copy()
    positions[100:104] = np.nan  # 0.08 s: bridged
    positions[160:190] = np.nan
    positions[200:230] = np.nan  # leaves ten frames alone
    found = segments_of(replace(motion, positions=positions))
    ends = [(segment.times_s[0], segment.times_s[-1]) for segment in found]
    np.testing.assert_allclose(ends, [(0, 159 / 60), (230 / 60, 299 / 60)], atol=1 / CLOCK_HZ)
    assert all(np.isfinite(values).all() for segment in found for values in segment.ahead_mm.values())


@pytest.mark.parametrize(
    ("known", "groups"),
    [([], []), ([3], [[3]]), ([0, 1, 2, 4], [[0, 1, 2, 4]]), ([0, 1, 6, 7], [[0, 1], [6, 7]])],
)
def test_unbroken_groups_frames_by_the_time_between_them(known, groups):
    mask = np.isin(np.arange(8), known)
    found = unbroken(np.arange(8) * 0.1, mask, max_gap_s=0.15)
    assert [group.tolist() for group in found] == groups
