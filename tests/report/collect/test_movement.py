"""The tables of repetitions and gait."""

from neuropose_ray.analysis.measures.repetition import MEASURES
from neuropose_ray.analysis.runs.movement_records import MeasureSummary, RepetitionRecord, RepetitionsRecord
from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.render.records import Estimate
from neuropose_ray.report.collect.movement import repetition_table

HIDDEN = "One side is hidden."
RANGE = ErrorBand(low=80.0, high=110.0, unit="deg")
ASYMMETRY = ErrorBand(low=-4.0, high=20.0, unit="%", reliable=False, reason=HIDDEN)


def repetition(number: int) -> RepetitionRecord:
    times = {"start": 0, "peak": 5, "end": 10, "start_s": 0.0, "peak_s": 0.5, "end_s": 1.0}
    kind = {"side": "both", "height": 90.0, "complete": True, "coverage": 1.0, "confidence": 0.9, "warnings": ()}
    bands = {"range_of_motion": RANGE, "symmetry_percent": ASYMMETRY}
    return RepetitionRecord(number=number, **times, **kind, **dict.fromkeys(MEASURES, 8.0), bands=bands)


def test_measures_and_their_means_stand_with_their_error_bands_and_the_rest_alone():
    summary = {name: MeasureSummary(mean=8.0, sd=1.0, n=2) for name in MEASURES}
    summary["range_of_motion"] = MeasureSummary(mean=8.0, sd=1.0, n=2, band=RANGE)
    squats = RepetitionsRecord(
        movement="knee_flexion", unit="deg", records=(repetition(1), repetition(2)), summary=summary
    )
    table = repetition_table(squats)
    columns = [column.label for column in table.columns]
    first, _, mean, sd = (dict(zip(columns, row, strict=True)) for row in table.rows)
    assert first["Range of motion"] == Estimate(8.0, 80.0, 110.0)
    assert first["Symmetry index"] == Estimate(8.0, -4.0, 20.0, HIDDEN)
    assert first["Duration"] == 8.0
    assert (mean["Range of motion"], mean["Symmetry index"]) == (Estimate(8.0, 80.0, 110.0), 8.0)
    assert sd["Range of motion"] == 1.0
    assert (table.rows[0][0], table.seek_s) == ("1", (0.5, 0.5, None, None))
