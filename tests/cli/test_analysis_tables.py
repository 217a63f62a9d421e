"""The tables of `analyze`, of real analyses of phantom people."""

import pytest
from analysis.runs.samples import PHANTOM_SKELETON, heels, neuropose_video, phantom, write_json, write_parquet

from neuropose_ray.analysis.runs.cohort import analyse_here, cohort_tasks, run_cohort
from neuropose_ray.analysis.runs.config import AnalysisConfig, InputsConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.cli.analysis_tables import NOT_KNOWN, number, print_cohort, print_outline, print_report
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


@pytest.mark.parametrize(("value", "decimals", "cell"), [(None, 1, NOT_KNOWN), (1.25, 1, "1.2"), (99.6, 0, "100")])
def test_a_cell_is_a_number_or_says_that_there_is_none(value, decimals, cell):
    assert number(value, decimals) == cell


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
    assert f"{report.results.repetitions.summary['range_of_motion'].mean:.0f}" in mean
    knee = next(line for line in lines if line[:2] == ["knee", "flexion"])
    angles = {angle.name: angle for angle in report.results.angles}
    assert knee[3] == f"{angles['left_knee_flexion'].max:.0f}"


def test_walking_has_a_table_of_gait(out, capsys):
    report = analysed(out / "walk")
    print_report(report)
    lines = lines_of(capsys)
    speed = next(row for row in report.results.gait.parameters if (row.name, row.side) == ("speed_m_per_s", "both"))
    assert ["walking:", str(len(report.results.gait.events))] in [line[:2] for line in lines]
    assert ["speed_m_per_s", f"{speed.mean:.2f}"] in [line[:2] for line in lines]


def test_a_cohort_is_a_line_for_each_trial_and_then_the_errors(out, capsys, tmp_path):
    (tmp_path / "noise.json").write_text("noise")
    trials = (str(out), str(tmp_path / "noise.json"))
    config = default_analysis(InputsConfig(trials=trials), tmp_path / "cohort.json")
    tasks = cohort_tasks(config)
    print_cohort(run_cohort(config, tasks, analyse_here(tasks)))
    lines = lines_of(capsys)
    assert ["squats", "195", "100%", "knee_flexion", "3"] in [line[:5] for line in lines]
    assert ["walk", "240", "100%", "walking"] in [line[:4] for line in lines]
    assert ["noise", NOT_KNOWN, NOT_KNOWN, "failed"] in lines
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
