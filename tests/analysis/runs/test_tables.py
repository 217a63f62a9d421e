"""Reports as one number in a row."""

import csv

import pytest
from analysis.runs.samples import doubted_walk, heels

from neuropose_ray.analysis.person_choice import TrackChoice
from neuropose_ray.analysis.runs.cohort import TrialOutcome
from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.report import AnalysisReport, InputSummary, NoResults
from neuropose_ray.analysis.runs.tables import COLUMNS, tidy_rows, write_tidy_csv

SLOW, QUICK = heels(30), heels(24, seed=1)


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """A phantom's walk, with an error band and a doubt in it."""
    return doubted_walk(tmp_path_factory.mktemp("walk"))


def rows_of(report, **where):
    rows = list(tidy_rows(TrialOutcome(name="a", path="a.json", report=report)))
    assert all(row["trial"] == "a" and row["path"] == "a.json" for row in rows)
    return [row for row in rows if all(row.get(key) == value for key, value in where.items())]


def test_a_trial_that_failed_is_one_row_with_its_error():
    outcome = TrialOutcome(name="a", path="a.json", error="nobody is seen", error_code="input")
    assert list(tidy_rows(outcome)) == [{"trial": "a", "path": "a.json", "error": "nobody is seen"}]


def test_every_distance_has_a_row_by_its_segment(run):
    report = run(SLOW, QUICK, {"kind": "dtw"}, {"kind": "gait_cycles_bilateral"})
    rows = rows_of(report, part="dtw", statistic="distance")
    assert {row["unit"] for row in rows_of(report, part="dtw")} == {"mm"}
    assert [row["name"] for row in rows] == list(report.results.segment_labels)
    assert [row["value"] for row in rows] == list(report.results.distances)
    counts = {row["name"]: row["value"] for row in rows_of(report, part="segments")}
    assert counts == {name: len(found.segments) for name, found in report.segmentations.items()}


def test_every_statistic_of_a_signal_has_a_row(run):
    stats = {"kind": "stats", "extractor": {"kind": "joint_axis", "joint": "lhee", "axis": "y"}}
    report = run(SLOW, analysis=stats)
    values = {row["statistic"]: row["value"] for row in rows_of(report, part="signal", name="full_trial")}
    assert values == dict(report.results.statistics[0])


def test_every_trial_says_how_much_of_it_there_was(run):
    values = {row["name"]: row["value"] for row in rows_of(run(SLOW), part="trial")}
    assert values == {"frames": 90.0, "coverage": 1.0}


def test_a_trial_with_tracks_says_which_of_how_many_it_was():
    header = {"path": "p", "frame_count": 90, "fps": 30.0}
    person = {"track": 2, "others": (0, 1), "coverage": 0.5}
    primary = InputSummary(**header, person=TrackChoice(**person))
    config = AnalysisConfig.model_validate(
        {"inputs": {"primary": "p"}, "analysis": {"kind": "none"}, "output": {"report": "r"}}
    )
    report = AnalysisReport(config=config, primary=primary, results=NoResults())
    values = {row["name"]: row["value"] for row in rows_of(report, part="trial")}
    assert (values["track"], values["tracks"]) == (2, 3)


def test_the_file_has_every_column_and_empty_cells_for_what_is_not_known(run, tmp_path):
    report = run(SLOW, analysis={"kind": "movement"})
    failed = TrialOutcome(name="b", path='b, "odd".json', error="gone", error_code="input")
    write_tidy_csv(tmp_path / "t.csv", [TrialOutcome(name="a", path="a.json", report=report), failed])
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert rows[-1] == dict.fromkeys(COLUMNS, "") | {"trial": "b", "path": 'b, "odd".json', "error": "gone"}
    assert "nan" not in (tmp_path / "t.csv").read_text().lower()
    assert float(rows[0]["value"]) == pytest.approx(90)


def test_every_number_of_a_movement_has_its_unit_and_its_band(walk):
    rows = rows_of(walk)
    units = {(row["part"], row["name"], row["statistic"]): row.get("unit") for row in rows}
    assert units["angle", "left_knee_flexion", "range"] == "deg"
    assert units["angle", "left_knee_flexion", "peak_velocity"] == "deg/s"
    assert units["angle", "left_knee_flexion", "coverage"] == ""
    assert units["gait", "cadence_steps_per_min", "mean"] == "steps/min"
    assert units["gait", "cadence_steps_per_min", "n"] == ""
    assert units["gait", "step_length_m", "symmetry_index"] == "%"
    assert units["angle", "left_knee_flexion", "peak_acceleration"] == "deg/s2"
    assert units["body", "kinetic_energy_peak_j_per_kg", "value"] == "J/kg"
    assert units["body", "sparc", "value"] == ""
    (row,) = rows_of(walk, part="angle", name="left_ankle_dorsiflexion", statistic="range")
    assert (row["low"], row["high"], row["reliable"], row["reason"]) == (1.0, 9.0, False, "hidden")
