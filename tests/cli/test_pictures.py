"""Overlays and reports of a run's videos: each overlay is made once for both, and no video stops another."""

import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, write_results
from support.stick_people import write_video

from neuropose_ray.cli import pictures
from neuropose_ray.cli.pictures import write_pictures
from neuropose_ray.errors import InputError
from neuropose_ray.pipeline.inputs.signature import signature_of
from neuropose_ray.pipeline.inputs.source_record import write_source
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult
from neuropose_ray.render import OverlaySettings, read_record
from neuropose_ray.report import writing
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
from neuropose_ray.video import open_source, probe


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def processed(out, name):
    """A video's folder as a run leaves it; nobody is seen, which is quickly measured."""
    video = write_video(out.parent / f"{name}.mp4", seconds(1, rate=10.0))
    info = probe(open_source(video))
    write_results(out / name, truth_table(squatting(), info.timestamps_s), video_sha256=info.sha256)
    path = out / name / "predictions.parquet"
    table, header = read_predictions(path)
    write_predictions(path, table.take(np.zeros(len(table.poses), bool)), header)
    write_source(out / name, info.source, sha256=info.sha256, signature=signature_of(video).text)
    return VideoResult(input=str(video), name=name, state="completed")


def write(out, *videos, overlay=True, report=True, blur_faces=False):
    summary = RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=datetime.now(UTC), seconds=1.0,
        frames_computed=0, videos=videos, not_videos=(),
    )  # fmt: skip
    return write_pictures(summary, out, overlay=overlay, report=report, blur_faces=blur_faces)


@pytest.fixture
def drawn(monkeypatch):
    """The videos into which was drawn."""
    import neuropose_ray.render.overlay.folder as folder

    names, render = [], folder.render_overlay

    def counted(source, predictions, *arguments, **settings):
        names.append(predictions.parent.name)
        return render(source, predictions, *arguments, **settings)

    monkeypatch.setattr(folder, "render_overlay", counted)
    return names


def test_an_overlay_is_made_once_for_itself_and_the_report(out, drawn, capsys):
    videos = [processed(out, name) for name in ("a", "b", "c")]
    assert write(out, *videos)
    assert sorted(drawn) == ["a", "b", "c"]
    for name in drawn:
        assert {"overlay.mp4", "report.html"} <= {path.name for path in (out / name).iterdir()}
    assert write(out, *videos)
    assert len(drawn) == 3
    assert capsys.readouterr().err == ""


def test_an_overlay_that_is_asked_for_is_the_plain_one_and_a_report_alone_keeps_what_is_there(out, drawn):
    video = processed(out, "a")
    assert write(out, video, report=False, blur_faces=True)
    assert write(out, video, overlay=False)
    assert read_record(out / "a" / "overlay.mp4").settings == OverlaySettings(blur_faces=True)
    assert write(out, video)
    assert read_record(out / "a" / "overlay.mp4").settings == OverlaySettings()
    assert drawn == ["a", "a"]


def test_what_is_wrong_with_one_video_is_said_in_their_order_and_the_others_go_on(out, capsys):
    videos = [processed(out, name) for name in ("gone", "well")]
    (out.parent / "gone.mp4").unlink()
    assert not write(out, *videos)
    error, warning = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: overlay of gone: {out / 'gone'}: its video is no longer at")
    assert warning.startswith("warning: the report of gone has no video: ")
    assert (out / "gone" / "report.html").exists()
    assert (out / "well" / "overlay.mp4").exists()
    assert not write(out, *videos, report=False)
    assert write(out, *videos, overlay=False), "a report without its video is a report"


def test_an_overlay_that_is_asked_for_is_made_also_where_there_is_nothing_to_report(out, monkeypatch, capsys):
    def refuse(*_):
        raise InputError("nothing to tell")

    monkeypatch.setattr(writing, "_content", refuse)
    assert not write(out, processed(out, "a"))
    assert capsys.readouterr().err == "error: report of a: nothing to tell\n"
    assert (out / "a" / "overlay.mp4").exists()
    assert not write(out, processed(out, "b"), overlay=False)
    assert not (out / "b" / "report.html").exists()


def test_an_interrupt_ends_what_is_drawn_and_begins_nothing_more(out, monkeypatch):
    begun, interrupted = [], threading.Event()

    def slow(result, _out, progress, **_):
        begun.append(result.name)
        interrupted.wait(10)
        progress(1, 10)
        begun.append("went on")

    class Interrupt(pictures.Event):
        def set(self):
            super().set()
            interrupted.set()

    def interrupted_at_once(_future):
        raise KeyboardInterrupt

    monkeypatch.setattr(pictures, "_overlay", slow)
    monkeypatch.setattr(pictures, "Event", Interrupt)
    monkeypatch.setattr("concurrent.futures.Future.result", interrupted_at_once)
    with pytest.raises(KeyboardInterrupt):
        write(out, *[VideoResult(input="", name=str(index), state="completed") for index in range(20)], report=False)
    assert "went on" not in begun
    assert len(begun) <= pictures.VIDEOS_AT_ONCE
