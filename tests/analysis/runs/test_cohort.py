import csv

import numpy as np
import pytest
from analysis.runs.samples import PHANTOM_SKELETON, heels, neuropose_video, phantom, write_json, write_parquet

from neuropose_ray.analysis.runs.cohort import (
    CohortReport,
    analyse_here,
    analyse_in_processes,
    analyse_on_ray,
    cohort_tasks,
    run_cohort,
    save_cohort,
)
from neuropose_ray.analysis.runs.config import AnalysisConfig, InputsConfig
from neuropose_ray.analysis.runs.defaults import cohort_report, default_analysis, report_beside
from neuropose_ray.analysis.runs.tables import write_tidy_csv
from neuropose_ray.analysis.runs.trials import expand_trials
from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.phantom.motions import Squatting


@pytest.fixture
def trials(tmp_path):
    """One good trial, one that is not there, one of nobody, one that is no trial."""
    squats = phantom(Squatting(period_s=2.0), 4.5)
    write_parquet(tmp_path / "out" / "squats", squats, joints=PHANTOM_SKELETON)
    nobody = write_json(tmp_path / "nobody.json", neuropose_video(np.full((5, 43, 3), np.nan)))
    (tmp_path / "noise.json").write_text("noise")
    return [str(tmp_path / "out"), str(tmp_path / "none"), str(nobody), str(tmp_path / "noise.json")]


@pytest.fixture
def config(trials, tmp_path):
    return default_analysis(InputsConfig(trials=tuple(trials)), tmp_path / "cohort.json")


def cohort_of(config, mapper=analyse_here):
    tasks = cohort_tasks(config)
    return run_cohort(config, tasks, mapper(tasks))


def test_a_bad_trial_never_stops_the_rest(config):
    cohort = cohort_of(config)
    assert [outcome.name for outcome in cohort.trials] == ["squats", "none", "nobody", "noise"]
    assert [outcome.error_code for outcome in cohort.trials] == [None, "input_not_found", "input", "file_format"]
    assert len(cohort.trials[0].report.results.repetitions.records) == 2
    assert len(cohort.failed) == 3


@pytest.mark.slow
def test_processes_give_what_this_one_gives(config):
    assert cohort_of(config, analyse_in_processes) == cohort_of(config)


@pytest.mark.ray
def test_ray_gives_what_one_process_gives(config, ray_cluster, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the workers are elsewhere
    relative = config.model_copy(update={"inputs": InputsConfig(trials=("out", "nobody.json"))})
    assert cohort_of(relative, analyse_on_ray) == cohort_of(relative)


def test_every_trial_is_compared_with_the_same_reference(tmp_path):
    for name, period in (("a", 30), ("b", 24)):
        write_json(tmp_path / f"{name}.json", neuropose_video(heels(period)))
    config = AnalysisConfig.model_validate(
        {
            "inputs": {"trials": [str(tmp_path / "*.json")], "reference": tmp_path / "a.json"},
            "analysis": {"kind": "dtw", "method": "dtw_relation", "joint_i": "lhee", "joint_j": "rhee"},
            "output": {"report": "r.json"},
        }
    )
    a, b = (outcome.report.results.distances[0] for outcome in cohort_of(config).trials)
    assert a == 0 < b


def test_the_report_comes_back_and_the_table_has_a_number_in_a_row(config, tmp_path):
    cohort = cohort_of(config)
    save_cohort(tmp_path / "cohort.json", cohort)
    assert CohortReport.model_validate_json((tmp_path / "cohort.json").read_text()) == cohort
    write_tidy_csv(tmp_path / "cohort.csv", cohort.trials)
    with (tmp_path / "cohort.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    ranges = [row for row in rows if (row["part"], row["name"]) == ("repetition", "range_of_motion")]
    assert [(row["repetition"], row["side"]) for row in ranges] == [("1", "both"), ("2", "both")]
    assert [float(row["value"]) for row in ranges] == pytest.approx([100, 100], abs=2)
    assert {row["trial"] for row in rows if row["error"]} == {"none", "nobody", "noise"}
    assert {"angle", "trial"} <= {row["part"] for row in rows}


def test_one_trial_is_no_cohort(tmp_path):
    with pytest.raises(InputError, match="of one trial"):
        cohort_tasks(default_analysis(InputsConfig(primary=tmp_path / "a"), tmp_path / "r.json"))


def test_reports_go_beside_their_trials_and_a_cohorts_above_them(trials, tmp_path):
    job = write_json(
        tmp_path / "job.json", {"a.mp4": neuropose_video(heels(30)), "b.mp4": neuropose_video(heels(30))}
    )
    sources = expand_trials([trials[0], str(job)])
    assert [report_beside(source) for source in sources] == [
        tmp_path / "out" / "squats" / "analysis.json",
        tmp_path / "a.mp4.analysis.json",
        tmp_path / "b.mp4.analysis.json",
    ]
    assert cohort_report(sources) == tmp_path / "cohort.json"
    with pytest.raises(InputNotFoundError):
        report_beside(expand_trials([trials[1]])[0])
