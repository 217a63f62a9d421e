"""The ledger: what it keeps, what it forgets, and what happens to one that is damaged or newer."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from neuropose_ray.curation import Artifact, Ledger, StageKey, StageRun, Stream, read_ledger
from neuropose_ray.errors import FutureSchemaError, InputNotFoundError

KEY = StageKey("frame_metrics", {"content": "abc"})


def stream(name: str = "cam", uri: str = "file:///cam") -> Stream:
    return Stream(name, "/cam", uri, "images", "s", "d" * 64, 0, 12, 0.4, ("a note",))


def test_what_was_written_is_read(tmp_path: Path):
    path = tmp_path / "state" / "curation.sqlite"
    made = Artifact("cam/frames.parquet", "e" * 64, 100)
    with Ledger(path, "run 1") as ledger:
        ledger.add_stream(stream())
        ledger.add_stage_run(StageRun("cam", KEY, "succeeded", "it had not run before", 12), [made])
        ledger.add_event("run ended", "12 frames")
        assert ledger.streams() == {"cam": stream()}
        assert ledger.last_success("cam", "frame_metrics").key == KEY
        assert ledger.artifact(made.path).sha256 == made.sha256
    content = read_ledger(path)
    assert content.streams == (stream(),)
    assert [(done.stream, done.state, done.frames_decoded) for done in content.stage_runs] == [
        ("cam", "succeeded", 12)
    ]
    assert [(event.event, event.detail) for event in content.events] == [("run ended", "12 frames")]
    assert [(file.path, file.stream, file.stage) for file in content.artifacts] == [
        ("cam/frames.parquet", "cam", "frame_metrics")
    ]


def test_the_last_success_stays_known_behind_failures_and_skips(tmp_path: Path):
    with Ledger(tmp_path / "l.sqlite", "run") as ledger:
        ledger.add_stage_run(StageRun("cam", KEY, "succeeded", "first"))
        ledger.add_stage_run(StageRun("cam", StageKey("frame_metrics", {}), "failed", "later", error="it broke"))
        ledger.add_stage_run(StageRun("cam", KEY, "skipped", "nothing changed"))
        assert ledger.last_success("cam", "frame_metrics").reason == "first"
        assert ledger.last_success("cam", "other") is None
        ledger.add_stream(stream())
    assert [done.reason for done in read_ledger(tmp_path / "l.sqlite").stage_runs] == ["nothing changed"]


def test_an_input_that_never_became_a_stream_is_listed_as_long_as_runs_have_it(tmp_path: Path):
    path = tmp_path / "l.sqlite"
    with Ledger(path, "run 1") as ledger:
        ledger.add_stage_run(StageRun("gaps", StageKey("frame_metrics", {}), "failed", "why", error="2 are missing"))
    assert [(done.stream, done.error) for done in read_ledger(path).stage_runs] == [("gaps", "2 are missing")]
    assert len(read_ledger(path, stream="gaps").stage_runs) == 1
    with Ledger(path, "run 2") as ledger:
        ledger.add_stream(stream())
        ledger.add_stage_run(StageRun("cam", KEY, "succeeded", "first"))
    assert [done.stream for done in read_ledger(path).stage_runs] == ["cam"]


def test_old_entries_are_forgotten_and_the_last_success_is_not(tmp_path: Path):
    with Ledger(tmp_path / "l.sqlite", "run") as ledger:
        ledger.add_stage_run(StageRun("cam", KEY, "succeeded", "first"))
        for _ in range(30):
            ledger.add_stage_run(StageRun("cam", KEY, "skipped", "nothing changed"))
        ledger.add_event("long ago")
        ledger.forget(runs=5, days=-1)
        assert ledger.last_success("cam", "frame_metrics").reason == "first"
    with closing(sqlite3.connect(tmp_path / "l.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM stage_runs").fetchone() == (6,)
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_what_lay_at_a_streams_place_before_is_forgotten(tmp_path: Path):
    with Ledger(tmp_path / "l.sqlite", "run") as ledger:
        ledger.add_stream(stream("cam"))
        ledger.add_stream(stream("other", "file:///other"))
        ledger.add_stream(stream("cam~12345678"))
        ledger.replace_streams(stream("cam~12345678"))
        assert sorted(ledger.streams()) == ["cam~12345678", "other"]


def test_a_damaged_ledger_is_set_aside_and_a_new_one_says_so(tmp_path: Path):
    path = tmp_path / "l.sqlite"
    path.write_bytes(b"no database at all" * 200)
    with Ledger(path, "run") as ledger:
        assert ledger.streams() == {}
    assert (tmp_path / "l.sqlite.damaged").read_bytes().startswith(b"no database")
    assert [event.event for event in read_ledger(path).events] == ["ledger damaged"]


def test_a_newer_ledger_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "l.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = path.read_bytes()
    for read in (lambda: Ledger(path, "run"), lambda: read_ledger(path)):
        with pytest.raises(FutureSchemaError, match="version 99"):
            read()
    assert path.read_bytes() == content


def test_where_nothing_was_curated_that_is_said(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="nothing was curated here"):
        read_ledger(tmp_path / "out" / ".neuropose-ray" / "curation.sqlite")
