from datetime import UTC, datetime

import numpy as np
import pytest
import typer
from support.phantom_results import seconds, squatting, truth_table, without_rows, write_results
from support.stick_people import write_video
from typer.testing import CliRunner

from neuropose_ray.cli.pictures import write_pictures
from neuropose_ray.cli.report import report
from neuropose_ray.errors import InputError, InputNotFoundError, SettingsError
from neuropose_ray.pipeline.inputs.signature import signature_of
from neuropose_ray.pipeline.inputs.source_record import write_source
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult, write_summary
from neuropose_ray.schemas.derived_files import outdated_files, predictions_digest
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

app = typer.Typer()
app.command()(report)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def processed(out, video, table=None):
    """The video's folder below ``out``, as a run leaves it."""
    info = probe(open_source(video))
    table = table or truth_table(squatting(), info.timestamps_s)
    write_results(out / video.stem, table, video_sha256=info.sha256, filename=video.name)
    write_source(out / video.stem, info.source, sha256=info.sha256, signature=signature_of(video).text)
    return VideoResult(input=str(video), name=video.stem, state="completed")


def summary_of(out, *videos):
    summary = RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=datetime.now(UTC), seconds=1.0,
        frames_computed=0, videos=videos, not_videos=(),
    )  # fmt: skip
    write_summary(summary, out)
    return summary


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "squat.mp4", seconds(3, rate=10.0))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_a_report_lies_beside_the_predictions_with_the_overlay_made_for_it(video, out):
    summary_of(out, processed(out, video))
    result = run(out / "squat")
    page = out / "squat" / "report.html"
    assert (result.exit_code, result.stdout) == (0, f"{page}\n")
    assert probe(open_source(out / "squat" / "overlay.mp4")).frame_count == 30
    assert "knee flexion, 1 repetition" in page.read_text("utf-8")


def test_without_video_the_page_is_smaller_by_it_and_no_overlay_is_made(video, out):
    summary_of(out, processed(out, video))
    assert run(out / "squat", "--no-video").exit_code == 0
    page = out / "squat" / "report.html"
    bare = page.stat().st_size
    assert not (out / "squat" / "overlay.mp4").exists()
    assert run(out / "squat").exit_code == 0
    overlay = (out / "squat" / "overlay.mp4").stat().st_size
    assert page.stat().st_size == pytest.approx(bare + overlay * 4 / 3, abs=10)


def test_an_overlay_of_older_predictions_is_not_shown_where_the_video_is_gone(video, out):
    summary_of(out, processed(out, video))
    assert run(out / "squat").exit_code == 0
    processed(out, video, truth_table(squatting(), seconds(3, rate=10.0) + 0.001))
    video.unlink()
    result = run(out / "squat")
    assert result.exit_code == 0
    assert "has no video" in result.stderr


def test_a_video_that_is_gone_leaves_a_report_without_it_and_a_line(video, out):
    summary_of(out, processed(out, video))
    video.rename(video.with_name("moved.mp4"))
    result = run(out / "squat")
    assert result.exit_code == 0
    assert "the report of squat has no video" in result.stderr
    assert "--video" in result.stderr
    assert run(out / "squat", "--video", video.with_name("moved.mp4")).stderr == ""
    assert (out / "squat" / "overlay.mp4").exists()


def test_an_overlay_that_is_there_serves_when_the_video_is_gone_unless_faces_are_to_be_hidden(video, out):
    summary_of(out, processed(out, video))
    run(out / "squat")
    with_video = (out / "squat" / "report.html").stat().st_size
    video.unlink()
    assert run(out / "squat").stderr == ""
    assert (out / "squat" / "report.html").stat().st_size == with_video
    assert "has no video" in run(out / "squat", "--blur-faces").stderr
    assert (out / "squat" / "report.html").stat().st_size < with_video


def test_a_bad_trial_never_stops_the_rest_of_a_run_folder(video, out):
    summary_of(out, processed(out, video))
    (out / "broken").mkdir()
    (out / "broken" / "predictions.parquet").write_bytes(b"PAR1")
    result = run(out, "--no-video")
    assert result.exit_code == 1
    assert "error: report of broken:" in result.stderr
    assert (out / "squat" / "report.html").exists()


def test_what_is_meant_for_one_trial_is_refused_for_several(video, out):
    processed(out, video)
    result = run(out / "squat", out / "squat" / "predictions.parquet", "--out", out / "one.html")
    assert isinstance(result.exception, SettingsError)
    assert isinstance(run(out / "nothing").exception, InputNotFoundError)


def test_another_trial_is_compared_with(video, out, tmp_path):
    processed(out, video)
    other = write_results(tmp_path / "before", truth_table(squatting(period_s=2.7), seconds(3)))
    target = tmp_path / "compared.html"
    assert run(out / "squat", "--against", other, "--no-video", "--out", target).exit_code == 0
    assert "before" in target.read_text("utf-8")
    assert isinstance(run(out / "squat", "--track", 5).exception, InputError)


def test_every_video_of_a_run_gets_a_report_also_one_that_shows_nobody(video, out, capsys):
    empty = write_video(video.with_name("empty.mp4"), seconds(1))
    nobody = truth_table(squatting(), seconds(1))
    nobody = PoseTable(
        nobody.timestamps_s, nobody.poses.take(np.zeros(len(nobody.poses), bool)), np.zeros(0, np.int32)
    )
    failed = VideoResult(input="gone.mp4", name="gone", state="failed")
    summary = summary_of(out, processed(out, video), processed(out, empty, nobody), failed)
    assert write_pictures(summary, out, overlay=False, report=True, blur_faces=False)
    assert sorted(page.parent.name for page in out.glob("*/report.html")) == ["empty", "squat"]
    assert capsys.readouterr().err == ""
    assert "Nobody was found" in (out / "empty" / "report.html").read_text("utf-8")


def test_settings_of_a_file_are_those_that_the_page_names(video, out, tmp_path):
    summary_of(out, processed(out, video))
    (tmp_path / "report.yaml").write_text("cleaning: {smoothing: null}\npoor_score: 0.25\n")
    assert run(out / "squat", "--no-video", "--settings", tmp_path / "report.yaml").exit_code == 0
    page = (out / "squat" / "report.html").read_text("utf-8")
    assert "&quot;poor_score&quot;: 0.25" in page or '"poor_score": 0.25' in page
    (tmp_path / "report.yaml").write_text("poor_scroe: 0.25\n")
    refused = run(out / "squat", "--settings", tmp_path / "report.yaml")
    assert isinstance(refused.exception, SettingsError)
    assert "poor_scroe" in str(refused.exception)


def test_a_report_says_by_which_predictions_it_was_made(video, out):
    processed(out, video)
    folder = out / video.stem
    assert run(folder, "--no-video").exit_code == 0
    digest = predictions_digest(folder / "predictions.parquet")
    page = (folder / "report.html").read_text("utf-8")
    assert f"SHA-256</dt><dd>{digest}" in page
    assert outdated_files(folder) == []
    # As when another program puts other predictions in their place.
    write_results(folder, truth_table(squatting(bottom_knee_deg=60), seconds(2)))
    assert outdated_files(folder) == ["report.html"]


def test_a_report_of_nobody_says_so_where_it_is_asked_for(video, out):
    empty = truth_table(squatting(), seconds(3, rate=10.0))
    processed(out, video, without_rows(empty, range(len(empty.poses))))
    done = run(out / video.stem, "--no-video")
    assert done.exit_code == 0
    assert done.stderr == "note: nobody was found in squat: the report has no numbers\n"
