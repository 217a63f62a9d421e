"""What was made from predictions never lies beside others, whenever a process is killed."""

import json
import os

import pytest
from formats.people import squatting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.derived_files import (
    is_derived,
    outdated_files,
    predictions_digest,
    replace_predictions,
    set_aside,
)

MOVED = (
    "analysis.json", "segmentations.json", "predictions.csv", "predictions_wide.csv", "predictions_track1.trc",
    "predictions.json", "angles.png", "cycles.pdf",
)  # fmt: skip
KEPT = ("results.json", "metrics.json", "fitting.json", "overlay.json", "notes.txt", "my.analysis.json", "walk.png")


@pytest.fixture
def folder(tmp_path):
    """A video's folder in a run's, with what users make from its predictions, and files of their own."""
    folder = tmp_path / "out" / "walk"
    replace_predictions(folder / "predictions.parquet", *squatting(frames=3))
    for name in (
        *MOVED,
        *KEPT,
        "overlay.mp4",
        "report.html",
        "exports/predictions.c3d",
        "predictions_openpose/0.json",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    for name in ("cohort.json", "cohort.csv"):
        (folder.parent / name).write_text(name)
    return folder


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_same_predictions_leave_everything_where_it_is(folder):
    before = files(folder.parent)
    sha256 = replace_predictions(folder / "predictions.parquet", *squatting(frames=3))
    assert files(folder.parent) == before
    assert sha256 == predictions_digest(folder / "predictions.parquet")


def test_only_predictions_that_replace_others_wait_for_the_folder(folder, tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: waited.append(os.fstat(descriptor).st_ino))
    for path in (tmp_path / "new" / "predictions.parquet", folder / "predictions.parquet"):
        replace_predictions(path, *squatting(frames=5))
        waited.append(None)
    first, other = (folder / "predictions.parquet" for folder in (tmp_path / "new", folder))
    assert waited == [first.stat().st_ino, None, other.stat().st_ino, folder.stat().st_ino, None]


def test_other_predictions_remove_the_pictures_and_set_the_numbers_aside(folder):
    replace_predictions(folder / "predictions.parquet", *squatting(frames=4))
    moved = (*MOVED, "exports/predictions.c3d", "predictions_openpose/0.json")
    assert files(folder) == {"predictions.parquet", *KEPT, *(f"stale/{name}" for name in moved)}
    assert all((folder / "stale" / name).read_text() == name for name in moved)
    assert files(folder.parent / "stale") == {"cohort.json", "cohort.csv"}


def test_what_is_set_aside_again_replaces_what_was(folder):
    set_aside(folder)
    (folder / "exports").mkdir()
    (folder / "exports" / "predictions.csv").write_text("new")
    (folder / "analysis.json").write_text("new")
    set_aside(folder)
    assert (folder / "stale" / "analysis.json").read_text() == "new"
    assert files(folder / "stale" / "exports") == {"predictions.csv"}


def test_predictions_that_cannot_be_written_leave_everything_where_it_is(folder, monkeypatch):
    before = files(folder.parent)

    def refuse(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neuropose_ray.schemas.derived_files.write_predictions", refuse)
    with pytest.raises(OutputError, match="No space left"):
        replace_predictions(folder / "predictions.parquet", *squatting(frames=4))
    assert files(folder.parent) == before


def test_a_file_that_cannot_be_set_aside_keeps_the_predictions_that_it_was_made_from(folder):
    (folder / "stale").write_text("in the way")
    before = predictions_digest(folder / "predictions.parquet")
    with pytest.raises(OutputError, match="older predictions and cannot be set aside"):
        replace_predictions(folder / "predictions.parquet", *squatting(frames=4))
    assert predictions_digest(folder / "predictions.parquet") == before


def test_predictions_themselves_are_not_derived():
    assert not is_derived("predictions.parquet")
    assert is_derived("predictions_track0.parquet")


def made_from(folder, digest):
    """A report, an overlay and analyses that say by what they were made."""
    page = f'<!doctype html>\n<html>\n<head>\n<meta name="predictions-sha256" content="{digest}">\n' + "x" * 10_000
    (folder / "report.html").write_text(page)
    (folder / "overlay.json").write_text(json.dumps({"predictions_sha256": digest}))
    for name in ("analysis.json", "track2.analysis.json"):
        (folder / name).write_text(json.dumps({"primary": {"predictions_sha256": digest}}))


def test_what_was_made_from_other_predictions_is_known_by_the_digest_in_it(folder):
    made_from(folder, predictions_digest(folder / "predictions.parquet"))
    assert outdated_files(folder) == []
    made_from(folder, "0" * 64)
    outdated = ["analysis.json", "overlay.mp4", "report.html", "track2.analysis.json"]
    assert outdated_files(folder) == outdated
    (folder / "overlay.mp4").unlink()
    assert outdated_files(folder) == [name for name in outdated if name != "overlay.mp4"]
    (folder / "predictions.parquet").unlink()
    assert outdated_files(folder) == [], "nobody can tell"


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_file_that_does_not_say_what_it_was_made_from_is_not_called_outdated(folder, content):
    for name in ("report.html", "overlay.json", "analysis.json"):
        (folder / name).write_bytes(content)
    assert outdated_files(folder) == []
    for payload in (
        "[]",
        "[" * 100_000,
        "1",
        '{"primary": null}',
        '{"predictions_sha256": 5, "primary": {"predictions_sha256": 5}}',
    ):
        (folder / "overlay.json").write_text(payload)
        (folder / "analysis.json").write_text(payload)
        assert outdated_files(folder) == []
