"""The step that writes other programs' formats, beside the predictions; what cannot be written is remarked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from formats.people import nobody, squatting

from neuropose_ray.formats import ExportFormat
from neuropose_ray.formats.trc_reader import read_trc
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.result_files import EXPORT_FOLDER
from neuropose_ray.service.jobs.steps.export import export_video
from neuropose_ray.service.jobs.steps.settings import ExportOptions
from neuropose_ray.service.jobs.steps.work import StepWork, VideoOutput


@pytest.fixture
def output(work: Callable[..., StepWork]) -> VideoOutput:
    step = work()
    return VideoOutput("walk.mp4", step.folder.results / "walk", step.folder.uploads / "walk.mp4")


def files(output: VideoOutput) -> set[str]:
    return {path.name for path in (output.folder / EXPORT_FOLDER).iterdir()}


def test_every_format_that_was_asked_for_is_there(output: VideoOutput):
    options = ExportOptions(formats=(ExportFormat.TRC, ExportFormat.CSV, ExportFormat.COCO))
    for _ in range(2):  # a step may be done again
        assert export_video(output, options) == ()
        assert files(output) == {"predictions.trc", "predictions.csv", "predictions_coco.json", "notes.txt"}
    notes = (output.folder / EXPORT_FOLDER / "notes.txt").read_text()
    assert "predictions.trc: left ankle dorsiflexion cannot be relied on" in notes
    assert "predictions.csv" not in notes
    assert len(read_trc(output.folder / EXPORT_FOLDER / "predictions.trc").positions) == 8


def test_a_format_that_cannot_hold_the_video_stops_none_of_the_others(output: VideoOutput, tmp_path: Path):
    write_predictions(output.folder / "predictions.parquet", *nobody())
    remarks = export_video(output, ExportOptions(formats=(ExportFormat.TRC, ExportFormat.CSV, ExportFormat.BVH)))
    assert [remark.what.partition(":")[0] for remark in remarks] == ["trc", "bvh"]
    assert files(output) == {"predictions.csv", "notes.txt"}
    notes = (output.folder / EXPORT_FOLDER / "notes.txt").read_text()
    assert notes == "predictions.csv: nobody was found in this video: the file holds no poses\n"


def test_a_person_that_there_is_not_is_remarked(output: VideoOutput):
    (remark,) = export_video(output, ExportOptions(formats=(ExportFormat.CSV,), track=7))
    assert remark.what.startswith("csv: ")


def test_what_a_reader_should_know_is_beside_the_files(tmp_path):
    output = VideoOutput("walk.mp4", tmp_path, tmp_path / "walk.mp4")
    options = ExportOptions(formats=(ExportFormat.MOT, ExportFormat.CSV))
    write_predictions(tmp_path / "predictions.parquet", *squatting(frames=90, missing=range(30, 60)))
    assert export_video(output, options) == ()
    files = {path.name for path in (tmp_path / "exports").iterdir()}
    assert files == {"predictions_1.mot", "predictions_2.mot", "predictions.csv", "notes.txt"}
    notes = (tmp_path / "exports" / "notes.txt").read_text().splitlines()
    assert any(
        line.startswith("predictions.mot: 2 files, one for each stretch between the gaps: predictions_1.mot")
        for line in notes
    )
    write_predictions(tmp_path / "predictions.parquet", *squatting(frames=90))
    assert export_video(output, ExportOptions(formats=(ExportFormat.CSV,))) == ()
    assert not (tmp_path / "exports" / "notes.txt").exists()
