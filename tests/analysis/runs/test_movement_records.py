import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.runs.movement_records import (
    ANGLE_STATISTICS,
    AngleSummary,
    MeasureSummary,
    MovementResults,
    RepetitionsRecord,
)

NAN, INFINITY = float("nan"), float("inf")


def test_what_is_not_known_is_null_because_json_has_no_nan():
    summary = AngleSummary(
        name="left_knee_flexion",
        mean=NAN,
        std=INFINITY,
        min=-INFINITY,
        max=1.5,
        range=2,
        peak_velocity=None,
        coverage=0,
    )
    assert summary.model_dump(include=set(ANGLE_STATISTICS)) == {
        "mean": None, "std": None, "min": None, "max": 1.5, "range": 2.0, "peak_velocity": None,
        "peak_acceleration": None, "coverage": 0.0,
    }  # fmt: skip
    assert "NaN" not in summary.model_dump_json()
    assert AngleSummary.model_validate_json(summary.model_dump_json()) == summary


def test_results_come_back_and_cannot_be_changed_at_any_depth():
    summaries = {"duration_s": MeasureSummary(mean=2.0, sd=NAN, n=1)}
    record = RepetitionsRecord(movement="knee_flexion", unit="deg", records=(), summary=summaries)
    results = MovementResults(repetitions=record)
    assert MovementResults.model_validate_json(results.model_dump_json()) == results
    with pytest.raises(TypeError):
        results.repetitions.summary["duration_s"] = None
    with pytest.raises(ValidationError, match="frozen"):
        results.gait = None


def test_what_was_not_asked_for_is_null():
    assert MovementResults().model_dump() == {
        "kind": "movement", "angles": None, "repetitions": None, "gait": None, "body": None, "remarks": (),
    }  # fmt: skip


def test_a_report_written_before_there_were_error_bands_is_read_as_one_without_them():
    summary = AngleSummary.model_validate_json(
        '{"name": "left_knee_flexion", "mean": 1.0, "std": 1.0, "min": 1.0, "max": 1.0, "range": 0.0,'
        ' "peak_velocity": null, "coverage": 1.0}'
    )
    assert (summary.reliable, dict(summary.bands)) == (True, {})
