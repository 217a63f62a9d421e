import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import typer
from support.stick_people import people, write_results, write_video
from typer.testing import CliRunner

from neuropose_ray.cli.overlay import overlay
from neuropose_ray.cli.pictures import write_pictures
from neuropose_ray.errors import InputError, InputNotFoundError, SettingsError
from neuropose_ray.pipeline.inputs.signature import signature_of
from neuropose_ray.pipeline.inputs.source_record import write_source
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

app = typer.Typer()
app.command()(overlay)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def processed(out, video):
    """The video's folder below ``out``, as a run leaves it."""
    info = probe(open_source(video))
    frames = range(info.frame_count)
    table = people(frames, [(60, 40)] * len(frames), scale=0.04, times_s=info.timestamps_s)
    write_results(out / video.stem, video, table)
    write_source(out / video.stem, info.source, sha256=info.sha256, signature=signature_of(video).text)
    return VideoResult(input=str(video), name=video.stem, state="completed")


def summary_of(*videos):
    return RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=datetime.now(UTC), seconds=1.0,
        frames_computed=0, videos=videos, not_videos=(),
    )  # fmt: skip


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "walk.mp4", [0.0, 0.1, 0.2])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_every_video_with_results_gets_an_overlay_and_a_rerun_makes_none_again(video, out):
    good = processed(out, video)
    partial = replace(processed(out, write_video(video.with_name("run.mp4"), [0.0, 0.2])), state="partial")
    failed = VideoResult(input="gone.mp4", name="gone", state="failed")
    summary = summary_of(good, partial, failed)
    assert write_pictures(summary, out, overlay=True, report=False, blur_faces=False)
    made = {file: file.stat().st_mtime_ns for file in out.glob("*/overlay.mp4")}
    assert sorted(file.parent.name for file in made) == ["run", "walk"]
    assert write_pictures(summary, out, overlay=True, report=False, blur_faces=False)
    assert {file: file.stat().st_mtime_ns for file in made} == made
    assert write_pictures(summary, out, overlay=True, report=False, blur_faces=True)
    assert all(file.stat().st_mtime_ns > before for file, before in made.items())


def test_a_video_that_is_gone_is_one_line_and_does_not_stop_the_next(video, out, capsys):
    gone = write_video(video.with_name("gone.mp4"), [0.0])
    summary = summary_of(processed(out, gone), processed(out, video))
    gone.unlink()
    assert not write_pictures(summary, out, overlay=True, report=False, blur_faces=False)
    assert (out / "walk" / "overlay.mp4").exists()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: overlay of gone: {out / 'gone'}: its video is no longer at {gone}")


def test_an_image_folder_keeps_the_frame_rate_of_the_run(out, tmp_path):
    import cv2

    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"image_{index}.png"), np.full((128, 96, 3), 60 * index, np.uint8))
    table = people(range(3), [(60, 40)] * 3, scale=0.04, times_s=np.arange(3) / 50)
    write_results(out / "frames", folder, table, fps=50)
    info = probe(open_source(folder, fps=50))
    write_source(out / "frames", info.source, sha256=info.sha256, signature=signature_of(folder).text)
    summary = summary_of(VideoResult(input=str(folder), name="frames", state="completed"))
    assert write_pictures(summary, out, overlay=True, report=False, blur_faces=False)
    for options in ((), ("--video", folder), ("--video", folder, "--fps", 50)):
        (out / "frames" / "overlay.mp4").unlink()
        assert run(out / "frames", *options).exit_code == 0
        assert probe(open_source(out / "frames" / "overlay.mp4")).frame_count == 3


def test_the_command_writes_beside_the_predictions_or_where_it_is_told(video, out, tmp_path):
    processed(out, video)
    result = run(out / "walk", "--video", video, "--blur-faces")
    assert (result.exit_code, result.stdout) == (0, f"{out / 'walk' / 'overlay.mp4'}\n")
    assert run(out / "walk", "--video", video, "--boxes", "--out", tmp_path / "boxes.mp4").exit_code == 0
    assert probe(open_source(tmp_path / "boxes.mp4")).frame_count == 3


def test_the_video_is_found_where_it_was_or_moved_along_with_its_results(video, out, tmp_path):
    processed(out, video)
    assert run(out / "walk").exit_code == 0
    assert probe(open_source(out / "walk" / "overlay.mp4")).frame_count == 3
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in (video, out):
        path.rename(moved / path.name)
    assert run(moved / "out" / "walk", "--boxes").exit_code == 0
    settings = json.loads((moved / "out" / "walk" / "overlay.json").read_text())["settings"]
    assert settings["boxes"]


def test_a_video_that_is_not_found_is_one_line_that_names_the_option(video, out):
    processed(out, video)
    video.unlink()
    error = run(out / "walk").exception
    assert isinstance(error, InputNotFoundError)
    assert f"its video is no longer at {video}" in str(error)
    assert "--video" in str(error)
    (out / "walk" / ".source.json").unlink()
    assert "nothing says from which video it was made" in str(run(out / "walk").exception)


def test_what_the_command_writes_is_known_to_the_next_run(video, out):
    """Else a run with hidden faces would take an overlay with faces for its own."""
    summary = summary_of(processed(out, video))
    write_pictures(summary, out, overlay=True, report=False, blur_faces=True)
    run(out / "walk", "--video", video, "--out", out / "walk" / "overlay.mp4")
    with_faces = (out / "walk" / "overlay.mp4").stat().st_mtime_ns
    write_pictures(summary, out, overlay=True, report=False, blur_faces=True)
    assert (out / "walk" / "overlay.mp4").stat().st_mtime_ns > with_faces


def test_another_video_is_a_typed_error(video, out):
    processed(out, video)
    other = write_video(video.with_name("other.mp4"), [0.0, 0.1])
    assert isinstance(run(out / "walk", "--video", other).exception, InputError)


def test_everything_can_be_shown_at_once(video, out):
    processed(out, video)
    result = run(
        out / "walk", "--video", video, "--angles", "knee,hip,knee", "--repetitions", "--view", "right", "--sound"
    )
    assert result.exit_code == 0, result.output
    assert f"note: {video} has no sound to keep" in result.stderr
    shown = probe(open_source(out / "walk" / "overlay.mp4"))
    assert (shown.width, shown.height, shown.frame_count) == (96 + 90, 128, 3)
    settings = json.loads((out / "walk" / "overlay.json").read_text())["settings"]
    assert (settings["angles"], settings["repetitions"], settings["view"]) == (["knee", "hip"], True, "right")


def test_a_joint_without_an_angle_is_one_line(video, out):
    processed(out, video)
    error = run(out / "walk", "--video", video, "--angles", "knee,nose").exception
    assert isinstance(error, SettingsError)
    assert str(error) == "--angles: no angle is known at 'nose'; choose of knee, hip, elbow, shoulder"


def test_an_overlay_of_nobody_says_so(video, out):
    processed(out, video)
    folder = out / video.stem
    table, header = read_predictions(folder / "predictions.parquet")
    write_predictions(folder / "predictions.parquet", table.take(np.zeros(len(table.poses), bool)), header)
    done = run(folder)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "note: nobody was found in this video: no poses are drawn into it"
    assert (folder / "overlay.mp4").stat().st_size
