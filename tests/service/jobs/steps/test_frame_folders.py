"""A job of a folder of pictures: poses, curation, exports and data sets all keep the true names of its frames."""

import json
from pathlib import Path

import pytest
from support.frame_folders import blurred, write_folder
from support.grey_model import GreySpec
from support.job_manager import request_for, settings_for, threads

from neuropose_ray.formats import DatasetKind, DatasetSettings, ExportFormat, export_dataset
from neuropose_ray.pipeline import RunPictures, RunSummary
from neuropose_ray.schemas.frame_table import FRAMES_FILE, read_frames
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.workflows import Step
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.frame_archives import pack_frames
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.jobs.failures import StepFailedError
from neuropose_ray.service.jobs.locating import InputLocator
from neuropose_ray.service.jobs.steps.pose import PoseStep
from neuropose_ray.service.jobs.steps.settings import CurateOptions, ExportOptions, PoseOptions, ReportOptions
from neuropose_ray.service.jobs.steps.videos import VideoSteps
from neuropose_ray.service.jobs.steps.work import StepWork
from neuropose_ray.service.settings import UploadSettings

LENIENT = {"settings": {"ingest": {"strict_sequence": False}}}


class Here:
    """Tasks in this process."""

    def run(self, kind, function, videos, should_stop):
        for video in videos:
            yield video, function(video)


@pytest.fixture
def work(tmp_path: Path) -> StepWork:
    """A job of one archive: pictures 0 to 11 of which 7 is missing and 3 is blurred."""
    frames = write_folder(tmp_path / "Kamera 1", 12, {3: blurred}, kind="jpg")
    (frames / "image_7.jpg").unlink()
    pack_frames(frames, tmp_path / "Kamera 1.tar")
    request = request_for(tmp_path / "data", tmp_path / "Kamera 1.tar")
    folder = JobFolder(tmp_path / "data" / "jobs" / request.id)
    settings = settings_for(tmp_path / "data")
    return StepWork(request, folder, Step(kind="pose"), settings, {}, lambda: False, lambda *_: None, lambda _: None)


NAMES = [f"image_{number}.jpg" for number in range(12) if number != 7]


def test_the_names_of_frames_are_kept_through_all_steps(work: StepWork, tmp_path: Path):
    locate, results = InputLocator(Inputs(UploadSettings())), work.folder.results
    assert PoseStep(GreySpec(), threads, locate)(work, PoseOptions(fit=False)) == []
    summary = RunSummary.model_validate_json((results / "summary.json").read_bytes())
    assert [(video.input, video.name, video.frames) for video in summary.videos] == [("Kamera 1.tar", "Kamera_1", 11)]
    table, header = read_predictions(results / "Kamera_1" / "predictions.parquet")
    assert list(header.metadata.image_names) == NAMES
    assert table.timestamps_s[-1] == pytest.approx(11 / 30)

    steps = VideoSteps(Here(), locate)
    assert steps(work, CurateOptions.model_validate(LENIENT)) == []
    frames, _ = read_frames(results / "Kamera_1" / FRAMES_FILE)
    assert frames["path"].to_pylist() == NAMES
    assert frames["number"].to_pylist() == [number for number in range(12) if number != 7]
    assert ["blurred" in flags for flags in frames["flags"].to_pylist()].index(True) == 3
    assert "image_3.jpg" in (results / "contact_sheet.html").read_text("utf-8")

    assert steps(work, ExportOptions(formats=(ExportFormat.COCO,))) == []
    coco = json.loads((results / "Kamera_1" / "exports" / "predictions_coco.json").read_text())
    assert [image["file_name"] for image in coco["images"]] == NAMES

    steps(work, ReportOptions())
    assert (results / "Kamera_1" / "report.html").exists()

    settings = DatasetSettings(excluded=frozenset())
    export_dataset(
        results, tmp_path / "set", DatasetKind.JSONL, settings, write_picture=RunPictures(results).write
    )  # fmt: skip
    written = {path.name: path.read_bytes() for path in (tmp_path / "set" / "images" / "Kamera_1").iterdir()}
    assert written == {name: (tmp_path / "Kamera 1" / name).read_bytes() for name in NAMES}


def test_an_archive_that_is_no_series_fails_the_job_with_its_name(work: StepWork):
    archive = work.folder.uploads / "Kamera 1.tar"
    archive.unlink()
    archive.write_bytes(b"no archive at all" * 40)
    with pytest.raises(StepFailedError) as raised:
        PoseStep(GreySpec(), threads, InputLocator(Inputs(UploadSettings())))(work, PoseOptions())
    assert (raised.value.error.code, raised.value.error.input) == ("archive_invalid", "Kamera 1.tar")
    assert str(work.folder.root) not in raised.value.error.message
