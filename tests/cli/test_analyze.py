import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from analysis.runs.samples import PHANTOM_SKELETON, heels, neuropose_video, phantom, write_json, write_parquet
from typer.testing import CliRunner

from neuropose_ray.analysis.runs.report import load_report
from neuropose_ray.cli.main import app
from neuropose_ray.errors import FutureSchemaError, InputError, NeuroposeRayError, SettingsError
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
from neuropose_ray.schemas.poses import Poses


@pytest.fixture
def results(tmp_path):
    """OUT with two trials."""
    out = tmp_path / "results"
    write_parquet(out / "squats", phantom(Squatting(period_s=2.0), 4.5), joints=PHANTOM_SKELETON)
    write_parquet(out / "walk", phantom(Walking(), 4.0), joints=PHANTOM_SKELETON)
    return out


def analyze(*words):
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["analyze", *map(str, words)])


def written(folder, **content):
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({"output": {"report": str(folder / "report.json")}} | content))
    return path


def test_without_a_configuration_a_movement_is_counted_and_measured(results):
    done = analyze(results / "squats")
    assert done.exit_code == 0, done.output
    assert "squats: 135 frames at 30 fps; track 0, the only one, seen in 100 %" in " ".join(done.output.split())
    assert "2 repetitions of knee flexion" in done.output
    assert f"wrote analysis report to {results}/squats/analysis.json" in done.output.replace("\n", "")
    report = load_report(results / "squats" / "analysis.json")
    assert [step.step for step in report.primary.cleaning][-1] == "smoothing"


def test_a_walk_is_told_with_its_gait(results):
    done = analyze(results / "walk")
    assert "cadence" in done.output
    assert "steps/min" in done.output
    assert "no repetitions" in done.output


def test_several_trials_give_a_table_a_json_and_a_csv_and_one_bad_one_exit_code_1(results):
    assert analyze(results).exit_code == 0
    done = analyze(results, results / "none")
    assert done.exit_code == 1
    assert "3 trials: 2 analysed, 1 failed" in done.output
    assert "failed: none: " in done.output
    assert {path.name for path in results.glob("cohort*")} == {"cohort.json", "cohort.csv", "cohort_long.csv"}
    assert (results / "walk" / "analysis.json").exists()


@pytest.mark.slow
def test_a_report_that_cannot_be_written_stops_no_other(results):
    (results / "squats" / "analysis.json").mkdir()
    done = analyze(results)
    assert done.exit_code == 1
    assert "error: report of squats: " in done.stderr
    assert (results / "walk" / "analysis.json").is_file()
    assert len(json.loads((results / "cohort.json").read_text())["trials"]) == 2


def test_json_is_all_that_is_printed_if_asked_for(results, tmp_path):
    done = analyze(results / "squats", "--json", "--output", tmp_path / "r.json")
    assert json.loads(done.stdout)["results"]["kind"] == "movement"
    assert not (results / "squats" / "analysis.json").exists()


def test_a_configuration_says_what_neuroposes_command_says(tmp_path):
    for name, period in (("a", 30), ("b", 24)):
        write_json(tmp_path / f"{name}.json", neuropose_video(heels(period)))
    dtw = {"kind": "dtw", "method": "dtw_relation", "joint_i": 33, "joint_j": 41}
    config = written(
        tmp_path, inputs={"primary": "a.json", "reference": "b.json"}, analysis=dtw,
        segmentation={"kind": "gait_cycles_bilateral"},
    )  # fmt: skip
    done = analyze("--config", config)
    report = load_report(tmp_path / "report.json")
    count = len(report.results.distances)
    assert done.exit_code == 0, done.output
    lines = done.output.replace("\n", " ")
    assert f"wrote analysis report to {tmp_path}/report.json" in lines
    assert "segmentations: left_heel_strikes=" in lines
    assert f"analysis kind: dtw distances computed: {count} (mean={report.results.summary['mean']:.4f})" in lines


def test_statistics_are_counted(tmp_path):
    write_json(tmp_path / "a.json", neuropose_video(heels(30)))
    stats = {"kind": "stats", "extractor": {"kind": "joint_axis", "joint": "lhee", "axis": "y"}}
    done = analyze(written(tmp_path, inputs={"primary": "a.json"}, analysis=stats), "-o", tmp_path / "other.json")
    assert "statistic blocks computed: 1" in done.output
    assert load_report(tmp_path / "other.json").results.kind == "stats"


def test_neuroposes_daemons_results_are_read(tmp_path):
    file = write_json(tmp_path / "results.json", {"a.mp4": neuropose_video(heels(30))})
    assert analyze(file).exit_code == 0
    config = written(tmp_path, inputs={"primary": "results.json"}, analysis={"kind": "none"})
    assert "analysis kind: none" in analyze(config).output


@pytest.mark.parametrize(("content", "error", "message"), [
    ({"inputs": {"primary": "a.json"}, "analysis": {"kind": "dtw"}}, SettingsError, "needs inputs.reference"),
    ({"inputs": {"primary": "none.json"}, "analysis": {"kind": "none"}}, NeuroposeRayError, "no such file"),
    ({"inputs": {"primary": "new.json"}, "analysis": {"kind": "none"}}, FutureSchemaError, "newer"),
    ({"inputs": {"primary": "a.json"}, "analysis": {"kind": "none"},
      "segmentation": {"kind": "gait_cycles", "joint": "tail"}}, InputError, "unknown joint name 'tail'"),
])  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(tmp_path, content, error, message):
    write_json(tmp_path / "a.json", neuropose_video(heels(30)))
    write_json(tmp_path / "new.json", neuropose_video(heels(30)) | {"schema_version": 9})
    done = analyze(written(tmp_path, **content))
    assert isinstance(done.exception, error)
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


@pytest.mark.parametrize("words", [[], ["a.yaml", "--track", "1"], ["a", "--track", "1", "--person-index", "1"],
                                   ["a", "--config", "a.yaml"]])  # fmt: skip
def test_words_that_contradict_each_other_are_refused(words):
    assert isinstance(analyze(*words).exception, SettingsError)


@pytest.fixture
def two_people(tmp_path):
    """Somebody who squats for 4.5 s, track 0, and somebody nearer who comes after one second, track 1."""
    folder = write_parquet(
        tmp_path / "results" / "two", phantom(Squatting(period_s=2.0), 4.5), joints=PHANTOM_SKELETON
    )
    table, header = read_predictions(folder / "predictions.parquet")
    late = table.poses.take(table.poses.frame >= 30)
    late = replace(late, boxes=late.boxes * np.array([1, 1, 3, 3, 1], np.float32))
    both = Poses.concatenate([table.poses, late], [0, 0])
    order = np.argsort(both.frame, kind="stable")
    ids = np.repeat([0, 1], [len(table.poses), len(late)])[order].astype(np.int32)
    table = replace(table, poses=both.take(order), track_ids=ids, poses3d_fitted=None)
    write_predictions(folder / "predictions.parquet", table, header)
    return folder


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "track 0 of 2 (others: 1), seen in 100 %"),
        (("--person", "largest"), "track 1 of 2 (others: 0), seen in 78 %"),
        (("--track", 1), "track 1 of 2 (others: 0), seen in 78 %"),
        (("--person-index", 1), "track 1 of 2 (others: 0), seen in 78 %"),
    ],
)
def test_whom_the_numbers_are_of_is_chosen_and_said(two_people, options, said):
    done = analyze(two_people, *options)
    assert done.exit_code == 0, done.output
    assert said in " ".join(done.output.split())
    assert load_report(two_people / "analysis.json").primary.person.description == said


def test_all_people_of_a_trial_are_trials_of_their_own(two_people):
    done = analyze(two_people, "--person", "all")
    assert done.exit_code == 0, done.output
    assert "2 trials: 2 analysed, 0 failed" in done.output
    reports = [load_report(two_people / f"track{track}.analysis.json") for track in (0, 1)]
    assert [report.primary.person.track for report in reports] == [0, 1]
    assert "two track 1" in (two_people.parent / "cohort.csv").read_text()


@pytest.mark.parametrize(
    "options", [("--track", 0, "--person", "largest"), ("--person", "all", "--person-index", 1), ("--person", "none")]
)
def test_choices_of_a_person_that_contradict_each_other_are_refused(two_people, options):
    assert analyze(two_people, *options).exit_code != 0


def test_one_switch_gives_neuroposes_numbers(tmp_path):
    write_json(tmp_path / "a.json", neuropose_video(heels(30)))
    write_json(tmp_path / "b.json", neuropose_video(heels(26)))
    config = written(
        tmp_path, inputs={"primary": "a.json", "reference": "b.json"}, segmentation={"kind": "gait_cycles"},
        analysis={"kind": "dtw"},
    )  # fmt: skip
    done = analyze(config, "--neuropose-exact")
    assert done.exit_code == 0, done.output
    report = load_report(tmp_path / "report.json")
    assert report.config.analysis.warping.method == "fastdtw"
    assert {found.config.method for found in report.segmentations.values()} == {"valley_to_valley_v1"}
    alone = analyze(tmp_path / "a.json", "--neuropose-exact")
    assert isinstance(alone.exception, SettingsError)
