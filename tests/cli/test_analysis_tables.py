"""The tables of `analyze`, of real analyses of phantom people."""

import re

import numpy as np
import pytest
from analysis.runs.samples import PHANTOM_SKELETON, heels, neuropose_video, phantom, write_json, write_parquet

from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.jumps import jump_record
from neuropose_ray.analysis.body.records import BodyMeasure, Running
from neuropose_ray.analysis.runs.cohort import analyse_here, cohort_tasks, run_cohort
from neuropose_ray.analysis.runs.config import AnalysisConfig, InputsConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.cli.analysis_tables import print_cohort, print_outline, print_report
from neuropose_ray.cli.tables import NOT_KNOWN
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    write_parquet(folder / "squats", phantom(Squatting(period_s=2.0), 6.5), joints=PHANTOM_SKELETON)
    write_parquet(folder / "walk", phantom(Walking(), 4.0, 60.0), joints=PHANTOM_SKELETON, fps=60.0)
    return folder


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def lines_of(capsys):
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def analysed(path):
    return run_analysis(default_analysis(InputsConfig(primary=path), path / "analysis.json"))


def test_every_repetition_has_a_row_and_below_them_are_mean_and_sd(out, capsys):
    report = analysed(out / "squats")
    print_report(report)
    lines = lines_of(capsys)
    assert " ".join(lines[0]) == "squats: 195 frames at 30 fps; track 0, the only one, seen in 100 %"
    records = report.results.repetitions.records
    for record in records:
        assert [str(record.number), record.side, f"{record.start_s:.2f}", f"{record.peak_s:.2f}"] in [
            line[:4] for line in lines
        ]
    mean = next(line for line in lines if line[:1] == ["mean"])
    assert f"{report.results.repetitions.summary['range_of_motion'].mean:.1f}" in mean
    knee = next(line for line in lines if line[:2] == ["knee", "flexion"])
    angles = {angle.name: angle for angle in report.results.angles}
    assert knee[3] == f"{angles['left_knee_flexion'].max:.0f}"


def test_the_whole_body_is_a_table_that_states_its_masses_and_that_there_are_no_forces(out, capsys):
    report = analysed(out / "squats")
    print_report(report)
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    values = {measure.name: measure.value for measure in report.results.body.measures}
    row = next(line for line in lines if line[:3] == ["centre", "path", "length"])
    assert row[3:5] == ["m", f"{values['centre_path_length_m']:.2f}"]
    assert "segment masses: halfway between women's and men's (de Leva 1996)" in printed
    assert "no forces" in printed


def test_jumps_and_runs_are_shown_where_there_are_any(out, capsys):
    report = analysed(out / "squats")
    jump = jump_record(1, Flight(1.0, 1.5, "both", "both", 0.31), 1 / 30, 0.03)
    run = Running(
        start_s=2.0, end_s=3.0, flights=3,
        measures=(BodyMeasure(name="running_speed_m_per_s", value=3.2),),
    )  # fmt: skip
    body = report.results.body.model_copy(update={"jumps": (jump,), "running": (run,)})
    print_report(report.model_copy(update={"results": report.results.model_copy(update={"body": body})}))
    printed = capsys.readouterr().out
    assert "run 1: 3 steps with a flight, speed 3.20 m/s" in printed
    row = next(line.split() for line in printed.splitlines() if line.split()[:3] == ["1", "1.00", "1.50"])
    assert row[-2:] == ["0.31", "0.31"]


@pytest.mark.parametrize("name", ["squats", "walk"])
def test_at_80_columns_nothing_is_cut_and_no_line_is_longer(out, capsys, monkeypatch, name):
    report = analysed(out / name)
    print_report(report)
    numbers = set(re.findall(r"-?\d+\.\d+", capsys.readouterr().out))
    monkeypatch.setenv("COLUMNS", "80")
    print_report(report)
    narrow = capsys.readouterr().out
    assert numbers <= set(re.findall(r"-?\d+\.\d+", narrow))
    assert "…" not in narrow
    assert max(map(len, narrow.splitlines())) <= 80


def test_numbers_that_are_not_reliable_are_marked_with_the_reason(out, capsys):
    report = analysed(out / "squats")
    reason = "the feet are too short in the picture"
    angles = tuple(
        angle.model_copy(update={"reliable": False, "reason": reason}) if "ankle" in angle.name else angle
        for angle in report.results.angles
    )
    results = report.results.model_copy(update={"angles": angles})
    print_report(report.model_copy(update={"results": results}))
    lines = lines_of(capsys)
    ankle = next(line for line in lines if line[:2] == ["ankle", "dorsiflexion"])
    assert [cell.endswith("?") for cell in ankle[2:]] == 2 * [True, True, True, False]
    assert [line for line in lines if line[:1] == ["?"]] == [["?", *reason.split()]]


def test_a_value_of_few_frames_says_in_how_many_it_is_known(out, tmp_path, capsys):
    truth = phantom(Squatting(period_s=2.0), 6.5)
    truth[20:, PHANTOM_SKELETON.index("left_wrist")] = np.nan
    folder = write_parquet(tmp_path / "hidden", truth, joints=PHANTOM_SKELETON)
    report = analysed(folder)
    elbow = next(angle for angle in report.results.angles if angle.name == "left_elbow_flexion")
    print_report(report)
    lines = lines_of(capsys)
    shown = next(line for line in lines if line[:2] == ["elbow", "flexion"])
    assert shown[5] == f"{100 * elbow.coverage:.0f}"
    assert 5 < float(shown[5]) < 20
    assert any(f"left elbow flexion {elbow.coverage:.0%}" in warning for warning in report.warnings)


def test_walking_has_a_table_of_gait(out, capsys):
    report = analysed(out / "walk")
    print_report(report)
    lines = lines_of(capsys)
    speed = next(row for row in report.results.gait.parameters if (row.name, row.side) == ("speed_m_per_s", "both"))
    strikes = sum(event.kind == "heel_strike" for event in report.results.gait.events)
    assert ["walking:", str(strikes), "heel", "strikes,"] in [line[:4] for line in lines]
    assert ["speed", "m/s", f"{speed.mean:.2f}"] in [line[:3] for line in lines]


def test_a_cohort_is_a_line_for_each_trial_and_then_the_errors(out, capsys, tmp_path):
    (tmp_path / "noise.json").write_text("noise")
    trials = (str(out), str(tmp_path / "noise.json"))
    config = default_analysis(InputsConfig(trials=trials), tmp_path / "cohort.json")
    tasks = cohort_tasks(config)
    print_cohort(run_cohort(config, tasks, analyse_here(tasks)))
    lines = lines_of(capsys)
    assert ["squats", "195", "0", "of", "1", "100%", "knee", "flexion", "3"] in [line[:9] for line in lines]
    assert ["walk", "240", "0", "of", "1", "100%", "walking"] in [line[:7] for line in lines]
    assert ["noise", NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, "failed"] in [line[:5] for line in lines]
    assert lines[-2][:2] == ["failed:", "noise:"]
    assert lines[-1] == ["3", "trials:", "2", "analysed,", "1", "failed"]


def test_the_outline_has_neuroposes_counts(capsys, tmp_path):
    primary, reference = (write_json(tmp_path / f"{p}.json", neuropose_video(heels(p))) for p in (30, 24))
    config = AnalysisConfig.model_validate({
        "inputs": {"primary": primary, "reference": reference}, "segmentation": {"kind": "gait_cycles_bilateral"},
        "analysis": {"kind": "dtw"}, "output": {"report": "r.json"},
    })  # fmt: skip
    report = run_analysis(config)
    print_outline(report)
    lines = capsys.readouterr().out.splitlines()
    counts = ", ".join(f"{name}={len(found.segments)}" for name, found in report.segmentations.items())
    assert lines[0] == f"segmentations: {counts}"
    assert lines[1] == "analysis kind: dtw"
    distances = report.results.distances
    assert lines[2] == f"distances computed: {len(distances)} (mean={report.results.summary['mean']:.4f})"
