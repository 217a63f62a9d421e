"""A trial in a row, a column for each number, every unit in the column's name."""

import csv
import re

import pytest
from analysis.runs.samples import doubted_walk, heels

from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.jumps import jump_record
from neuropose_ray.analysis.runs.cohort import TrialOutcome
from neuropose_ray.analysis.runs.tables import tidy_rows
from neuropose_ray.analysis.runs.wide_table import wide_row, write_wide_table

UNIT = r"_(deg|deg_per_s|deg_per_s2|s|m|m_per_s|j_per_kg|steps_per_min|percent)$"
WITHOUT_UNIT = (
    r"(_n|coverage|_sparc(_.*)?|_ldlj(_.*)?|_reliable)$"
    r"|^(trial|path|person|frames|tracks?|warnings|error|.*_movement)$"
)


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    return doubted_walk(tmp_path_factory.mktemp("walk"))


def outcome_of(report, name="a"):
    return TrialOutcome(name=name, path=f"{name}.json", report=report)


def test_every_column_says_its_unit_or_needs_none(walk):
    columns = wide_row(outcome_of(walk))
    assert [name for name in columns if not re.search(UNIT, name) and not re.search(WITHOUT_UNIT, name)] == []


def test_every_number_of_the_long_table_is_in_the_wide_one_once(walk):
    numbers = [row["value"] for row in tidy_rows(outcome_of(walk)) if row["part"] != "repetition"]
    row = wide_row(outcome_of(walk))
    others = re.compile("^repetition|_(low|high|reliable)(_|$)")
    values = [value for name, value in row.items() if not others.search(name) and not isinstance(value, str)]
    assert sorted(filter(None, values)) == sorted(filter(None, numbers))
    assert len(values) == len(numbers)
    speed = next(each for each in walk.results.gait.parameters if (each.name, each.side) == ("speed_m_per_s", "both"))
    assert row["gait_speed_both_mean_m_per_s"] == speed.mean
    assert row["gait_speed_both_n"] == speed.n


def test_bands_and_doubts_stand_beside_their_numbers(walk):
    row = wide_row(outcome_of(walk))
    assert (row["left_ankle_dorsiflexion_range_low_deg"], row["left_ankle_dorsiflexion_range_high_deg"]) == (1.0, 9.0)
    assert row["left_ankle_dorsiflexion_range_reliable"] is False
    assert "right_ankle_dorsiflexion_range_reliable" not in row
    assert row["person"] == "track 0, the only one, seen in 100 %"


def test_the_whole_body_has_its_columns_and_of_jumps_the_highest_has(walk):
    body = walk.results.body
    row = wide_row(outcome_of(walk))
    values = {measure.name: measure.value for measure in body.measures}
    assert row["body_centre_path_length_m"] == values["centre_path_length_m"]
    assert row["body_kinetic_energy_peak_j_per_kg"] == values["kinetic_energy_peak_j_per_kg"]
    assert (row["body_sparc"], row["jumps_n"]) == (values["sparc"], 0)
    flights = [Flight(time, time + duration, "both", "both", 0.3) for time, duration in ((1.0, 0.4), (2.0, 0.5))]
    jumps = tuple(jump_record(number, flight, 1 / 60, 0.03) for number, flight in enumerate(flights, start=1))
    jumping = walk.results.model_copy(update={"body": body.model_copy(update={"jumps": jumps})})
    row = wide_row(outcome_of(walk.model_copy(update={"results": jumping})))
    assert (row["jumps_n"], row["jump_highest_m"]) == (2, jumps[1].height_m)
    assert row["jump_highest_low_m"] < 0.3 < row["jump_highest_high_m"]


def test_repetitions_are_their_means_and_deviations(run):
    report = run(heels(30), analysis={"kind": "movement"})
    row = wide_row(outcome_of(report))
    assert row["repetitions_n"] == len(report.results.repetitions.records)
    if report.results.repetitions.records:
        assert row["repetition_duration_mean_s"] == report.results.repetitions.summary["duration_s"].mean


def test_the_file_is_read_as_a_table_with_a_row_for_each_trial(walk, run, tmp_path):
    failed = TrialOutcome(name="b", path='b, "odd".json', error="gone", error_code="input")
    distances = run(heels(30), heels(24, seed=1), {"kind": "dtw"})
    write_wide_table(tmp_path / "t.csv", [outcome_of(walk), failed, outcome_of(distances, "c")])
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == ["a", "b", "c"]
    assert list(rows[0])[-2:] == ["warnings", "error"]
    assert (rows[1]["error"], rows[1]["path"], rows[1]["frames"]) == ("gone", 'b, "odd".json', "")
    assert float(rows[2]["dtw_full_trial_per_frame_mm"]) == distances.results.distances_per_frame[0]
    assert "nan" not in (tmp_path / "t.csv").read_text().lower()
