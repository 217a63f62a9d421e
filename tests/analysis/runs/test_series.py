"""Angles, velocities and events over time are those of the analysis."""

import numpy as np
import pytest
from analysis.runs.samples import PHANTOM_SKELETON, phantom, write_parquet

from neuropose_ray.analysis.runs.config import InputsConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.analysis.runs.series import motion_series
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    write_parquet(folder / "squats", phantom(Squatting(period_s=2.0), 4.5), joints=PHANTOM_SKELETON)
    write_parquet(folder / "walk", phantom(Walking(), 4.0, 60.0), joints=PHANTOM_SKELETON, fps=60.0)
    return folder


def test_the_angles_of_every_frame_are_those_of_the_analysis(out):
    series = motion_series(out / "squats")
    report = run_analysis(default_analysis(InputsConfig(primary=out / "squats"), out / "a.json"))
    assert len(series.times_s) == 135
    for angle in report.results.angles:
        assert np.isfinite(series.angles_deg[angle.name]).mean() == pytest.approx(angle.coverage)
    knee, velocity = series.angles_deg["left_knee_flexion"], series.velocities_deg_per_s["left_knee_flexion"]
    np.testing.assert_allclose(np.gradient(knee, series.times_s)[2:-2], velocity[2:-2], atol=1e-6)
    assert series.warnings[: len(report.warnings)] == report.warnings
    assert set(series.definitions) == set(series.angles_deg) == set(series.velocities_deg_per_s)


def test_repetitions_are_events_with_their_numbers_in_time(out):
    events = motion_series(out / "squats").events
    assert [(event.name, event.number) for event in events if event.number == 1] == [
        ("repetition start", 1), ("repetition peak", 1), ("repetition end", 1),
    ]  # fmt: skip
    times = [event.time_s for event in events]
    assert times == sorted(times)


def test_steps_are_events_with_their_side(out):
    events = [event for event in motion_series(out / "walk").events if event.number is None]
    assert {event.name for event in events} == {"heel strike", "toe-off"}
    assert {event.side for event in events} == {"left", "right"}


def test_somebody_who_is_not_there_is_one_line(out):
    with pytest.raises(InputError, match="no track 7"):
        motion_series(out / "walk", track=7)
