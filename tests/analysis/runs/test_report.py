import json
from pathlib import Path

import pytest
from formats.people import squatting

from neuropose_ray.analysis.runs.config import AnalysisConfig, PreprocessingConfig
from neuropose_ray.analysis.runs.report import (
    AnalysisReport,
    DtwResults,
    InputSummary,
    NoResults,
    SignalStatistics,
    StatsResults,
    load_report,
    save_report,
)
from neuropose_ray.analysis.runs.subjects import load_subject
from neuropose_ray.errors import FileFormatError, FutureSchemaError, MigrationError, MigrationNotFoundError
from neuropose_ray.schemas.derived_files import replace_predictions
from neuropose_ray.schemas.parquet_files import write_predictions

NAN = float("nan")
PRIMARY = InputSummary(path="a.json", frame_count=3, fps=30.0)


def report_of(results, **analysis):
    config = {
        "inputs": {"primary": "a.json", "reference": "b.json"},
        "segmentation": {"kind": "gait_cycles"},
        "analysis": {"kind": "none"} | analysis,
        "output": {"report": "r.json"},
    }
    return AnalysisReport(config=AnalysisConfig.model_validate(config), primary=PRIMARY, results=results)


DISTANCES = DtwResults(
    method="dtw_all",
    distances=(1.5, NAN),
    paths=(((0, 0), (1, 1)), ()),
    segment_labels=("a", "b"),
    summary={"mean": NAN},
)


@pytest.mark.parametrize("results", [
    NoResults(),
    DISTANCES,
    StatsResults(statistics=(SignalStatistics(mean=NAN, std=0, min=1, max=2, range=1),), segment_labels=("a",)),
])  # fmt: skip
def test_a_report_comes_back_as_it_was(tmp_path, results):
    report = report_of(results)
    save_report(tmp_path / "deep" / "r.json", report)
    assert load_report(tmp_path / "deep" / "r.json") == report


def test_what_is_not_known_is_null_in_the_file(tmp_path):
    save_report(tmp_path / "r.json", report_of(DISTANCES))

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    payload = json.loads((tmp_path / "r.json").read_text(), parse_constant=refuse)
    assert payload["results"]["distances"] == [1.5, None]
    assert payload["results"]["summary"] == {"mean": None}


def neuroposes(**change):
    """A report of NeuroPose's version 2, whose fields are a part of ours, with its bare NaN."""
    config = {
        "config_version": 1,
        "inputs": {"primary": "a.json", "reference": "b.json"},
        "preprocessing": {"person_index": 0},
        "segmentation": {"kind": "gait_cycles", "joint": "rhee", "axis": "y", "invert": False,
                         "min_cycle_seconds": 0.4, "min_prominence": None},
        "analysis": {"kind": "dtw", "method": "dtw_all", "align": "none", "representation": "coords",
                     "angle_triplets": None, "joint_i": None, "joint_j": None, "nan_policy": "propagate"},
        "output": {"report": "r.json"},
    }  # fmt: skip
    summary = {"path": "a.json", "frame_count": 3, "fps": 30.0, "provenance": None}
    return {
        "schema_version": 2,
        "config": config,
        "provenance": None,
        "primary": summary,
        "reference": summary,
        "segmentations": {},
        "results": {"kind": "dtw", "method": "dtw_all", "distances": [NAN], "paths": [[[0, 0]]],
                    "per_joint_distances": None, "segment_labels": ["x"], "summary": {"mean": NAN}},
    } | change  # fmt: skip


def test_a_report_of_neuroposes_is_read_and_says_by_which_rules_it_was_made(tmp_path):
    (tmp_path / "r.json").write_text(json.dumps(neuroposes()))
    report = load_report(tmp_path / "r.json")
    assert report.results.distances == (None,)
    assert report.config.segmentation.method == "valley_to_valley_v1"
    assert report.config.analysis.warping.method == "fastdtw"


@pytest.mark.parametrize(("payload", "error"), [
    ({key: value for key, value in neuroposes().items() if key != "schema_version"}, MigrationNotFoundError),
    (neuroposes(schema_version=1), MigrationNotFoundError),
    (neuroposes(schema_version="2"), MigrationError),
    (neuroposes(schema_version=4), FutureSchemaError),
    (neuroposes(results={"kind": "dreams"}), FileFormatError),
    (neuroposes(config=3), FileFormatError),
    ([], FileFormatError),
])  # fmt: skip
def test_what_is_no_report_is_refused(tmp_path, payload, error):
    (tmp_path / "r.json").write_text(json.dumps(payload))
    with pytest.raises(error, match=r"r\.json"):
        load_report(tmp_path / "r.json")


@pytest.mark.parametrize("beside", [True, False])  # the service's paths are those beside the report
def test_a_report_of_predictions_that_were_replaced_says_so(tmp_path, beside):
    predictions, file = tmp_path / "walk" / "predictions.parquet", tmp_path / "walk" / "r.json"
    path = Path(predictions.name) if beside else predictions
    sha256 = replace_predictions(predictions, *squatting(frames=3))
    primary = PRIMARY.model_copy(update={"path": path, "predictions_sha256": sha256})
    report = report_of(NoResults()).model_copy(update={"primary": primary, "warnings": ("short",)})
    save_report(file, report)
    assert load_report(file) == report
    write_predictions(predictions, *squatting(frames=4))
    assert load_report(file).warnings == (
        f"{path} was replaced since this was made from it: analyse it again",
        "short",
    )
    predictions.unlink()
    assert load_report(file).warnings == ("short",)


def test_an_analysis_has_the_digest_of_what_was_read(tmp_path):
    sha256 = replace_predictions(tmp_path / "predictions.parquet", *squatting(frames=30))
    assert load_subject(tmp_path, None, PreprocessingConfig()).summary.predictions_sha256 == sha256
