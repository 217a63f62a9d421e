"""The step that writes ``analysis.json``: measured as it was asked, and without a word of where it lies."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, without_rows, write_results

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.phantom.scene import Scene
from neuropose_ray.service.jobs.steps.analyze import analyze_video
from neuropose_ray.service.jobs.steps.settings import AnalyzeOptions
from neuropose_ray.service.jobs.steps.work import VideoOutput


def output(folder: Path, table=None) -> VideoOutput:
    table = truth_table(squatting(), seconds(3)) if table is None else table
    return VideoOutput("squat.mp4", write_results(folder, table), folder.with_suffix(".mp4"))


def analysis(video: VideoOutput, **options: object) -> dict:
    assert analyze_video(video, AnalyzeOptions.model_validate(options)) == ()
    return json.loads((video.folder / "analysis.json").read_text("utf-8"))


def test_without_options_the_cleaned_movement_is_measured(tmp_path: Path):
    report = analysis(output(tmp_path / "squat"))
    assert report["config"]["analysis"]["kind"] == "movement"
    assert report["config"]["preprocessing"]["cleaning"] is not None
    assert report["segmentations"] == {}
    (repetition,) = report["results"]["repetitions"]["records"]
    assert repetition["range_of_motion"] == pytest.approx(100, abs=4)


def test_options_say_of_whom_what_is_measured_and_in_which_parts(tmp_path: Path):
    (one,) = squatting().persons
    (other,) = squatting(bottom_knee_deg=60).persons
    video = output(tmp_path / "two", truth_table(Scene((one, other), squatting().camera), seconds(3)))
    report = analysis(
        video,
        preprocessing={"track": 1, "cleaning": {}},
        segmentation={"kind": "gait_cycles", "joint": "right_heel"},
        analysis={"kind": "movement", "gait": None},
    )
    assert report["primary"]["person"]["track"] == 1
    assert len(report["segmentations"]) == 1
    assert report["results"]["repetitions"]["records"][0]["range_of_motion"] == pytest.approx(55, abs=1)


@pytest.mark.parametrize("name", ["squat", "Übung 1", 'a "quoted" one', "back\\slash", "日本", "tab\there"])
def test_paths_in_it_are_those_beside_it(tmp_path: Path, name: str):
    """It is read elsewhere, and must not tell where the service keeps its files."""
    video = output(tmp_path / "Müllers Daten" / name)
    report = analysis(video)
    assert report["config"]["inputs"]["primary"] == "predictions.parquet"
    assert report["config"]["output"]["report"] == "analysis.json"

    def texts(value: object) -> list[str]:
        if isinstance(value, dict | list):
            return [text for part in (value.values() if isinstance(value, dict) else value) for text in texts(part)]
        return [value] if isinstance(value, str) else []

    assert not [text for text in texts(report) if str(tmp_path) in text or "Müllers" in text]


def test_an_analysis_of_another_kind_is_done_where_it_is_asked_for(tmp_path: Path):
    heel = {"kind": "joint_axis", "joint": "right_heel", "axis": "y"}
    report = analysis(output(tmp_path / "squat"), analysis={"kind": "stats", "extractor": heel})
    assert report["results"]["kind"] == "stats"


def test_done_again_it_says_the_same(tmp_path: Path):
    video = output(tmp_path / "squat")
    assert analysis(video)["results"] == analysis(video)["results"]


def test_what_cannot_be_measured_is_an_error_and_leaves_no_file(tmp_path: Path):
    table = truth_table(squatting(), seconds(1))
    empty = output(tmp_path / "empty", without_rows(table, np.arange(len(table.poses))))
    with pytest.raises(InputError):
        analyze_video(empty, AnalyzeOptions())
    with pytest.raises(InputError, match="there is no track 7"):
        analyze_video(output(tmp_path / "one"), AnalyzeOptions(preprocessing={"track": 7}))
    assert not list(tmp_path.rglob("analysis.json"))


def test_a_place_that_cannot_be_written_is_an_error_of_the_output(tmp_path: Path):
    video = output(tmp_path / "squat")
    (video.folder / "analysis.json").mkdir()
    with pytest.raises(OutputError):
        analyze_video(video, AnalyzeOptions())
