"""Rates and latencies are those of the latest frames."""

import pytest

from neuropose_ray.service.live.figures import StreamFigures


def test_the_rate_is_that_of_the_last_seconds_and_falls_to_nothing():
    figures = StreamFigures()
    for number in range(100):
        figures.shown(number / 10, 0.05, persons=2)
    now = figures.summary(9.9)
    assert (now.pose_fps, now.frames, now.persons) == (pytest.approx(10, rel=0.05), 100, 2)
    later = figures.summary(60.0)
    assert (later.pose_fps, later.persons) == (0.0, 0)


def test_latencies_are_quantiles():
    figures = StreamFigures()
    for milliseconds in range(1, 101):
        figures.shown(milliseconds / 100, milliseconds / 1000, persons=0)
    latency = figures.summary(1.0).latency_ms
    assert (latency.p50, latency.p95) == (51.0, 96.0)


def test_nothing_is_known_before_the_first_frame():
    figures = StreamFigures()
    figures.late()
    assert figures.summary(0.0).late == 1
    assert figures.summary(0.0).latency_ms.p95 is None
