"""The step that writes ``report.html``; a video that cannot be shown in it is remarked, and the rest is there."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, write_results
from support.stick_people import write_video

from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.render import read_record
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.service.jobs.steps.overlay import overlay_video
from neuropose_ray.service.jobs.steps.report import report_video
from neuropose_ray.service.jobs.steps.settings import OverlayOptions, ReportOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput
from neuropose_ray.video import open_source, probe


@pytest.fixture
def output(tmp_path: Path) -> VideoOutput:
    video = write_video(tmp_path / "squat.mp4", seconds(2, rate=10.0))
    table = truth_table(squatting(), probe(open_source(video)).timestamps_s)
    folder = write_results(tmp_path / "results" / "squat", table, video_sha256=file_sha256(video))
    return VideoOutput("squat.mp4", folder, video)


def reported(output: VideoOutput, **options: object) -> Remarks:
    return report_video(output, ReportOptions.model_validate(options), 30.0)


def page(output: VideoOutput) -> str:
    return (output.folder / "report.html").read_text("utf-8")


def test_the_overlay_is_made_for_it_where_there_is_none(output: VideoOutput):
    assert reported(output, blur_faces=True) == ()
    assert "<title>squat" in page(output)
    assert read_record(output.folder / "overlay.mp4").settings.blur_faces


def test_the_overlay_of_the_step_before_stays_as_it_is(output: VideoOutput):
    overlay_video(output, OverlayOptions(blur_faces=True, boxes=True, capture_fps=80.0), 30.0)
    made = (output.folder / "overlay.mp4").stat().st_mtime_ns
    assert reported(output) == ()
    assert (output.folder / "overlay.mp4").stat().st_mtime_ns == made


def test_without_video_none_is_drawn(output: VideoOutput):
    output.video.unlink()
    assert reported(output, with_video=False) == ()
    assert not (output.folder / "overlay.mp4").exists()


def test_a_video_that_is_gone_is_remarked_in_a_report_without_it(output: VideoOutput):
    output.video.unlink()
    (remark,) = reported(output)
    assert isinstance(remark, InputNotFoundError)
    assert "<title>squat" in page(output)


def test_pictures_of_a_folder_have_the_rate_of_the_service(tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(20):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((128, 96, 3), 40 + number, np.uint8))
    info = probe(open_source(folder, fps=10.0))
    table = truth_table(squatting(), info.timestamps_s)
    output = VideoOutput(
        "pictures", write_results(tmp_path / "results" / "pictures", table, video_sha256=info.sha256), folder
    )
    assert report_video(output, ReportOptions(), 10.0) == ()
    (remark,) = report_video(output, ReportOptions(blur_faces=True), 5.0)
    assert "other times" in remark.what


def test_options_are_those_of_the_page(output: VideoOutput):
    reported(output, with_video=False, track=0, settings={"poor_score": 0.25})
    assert "&quot;poor_score&quot;: 0.25" in page(output)
    with pytest.raises(InputError, match="there is no track 7"):
        reported(output, track=7)
