"""Counts of frames over all connections of a source."""

import pytest

from neuropose_ray.video.live.frame_counts import FrameCounts


def test_counts_go_on_over_connections():
    counts = FrameCounts()
    counts.report(0.0, 10, 3)
    counts.close_connection()
    counts.report(1.0, 4, 1)
    counts.discarded = 2
    assert (counts.decoded, counts.dropped) == (14, 6)


def test_a_frame_that_comes_before_its_count_is_counted_once():
    counts = FrameCounts()
    counts.frame(4)
    assert counts.decoded == 5
    counts.report(0.0, 4, 0)
    assert counts.decoded == 5
    counts.report(1.0, 6, 0)
    assert counts.decoded == 6


def test_the_rate_is_that_of_the_last_seconds_and_falls_when_nothing_comes():
    counts = FrameCounts()
    for step in range(100):
        counts.report(step / 10, 3 * step, 0)
    assert counts.fps(9.9) == pytest.approx(30, rel=0.05)
    assert counts.fps(12.9) < 15
    assert counts.fps(30.0) == 0
