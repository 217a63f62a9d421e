"""The status file: NeuroPose's fields, written where something changed, and no loss where it is damaged."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.service.inbox.status_file import StatusEntry, StatusFile, load_status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = StatusEntry.failed(NOW, NOW, "video_unreadable: broken")
WAITING = StatusEntry.unfinished(NOW, "walk.mp4, which is not complete")


def test_entries_come_back_as_they_were_set(tmp_path: Path):
    file = StatusFile(tmp_path / "status.json")
    file.set("a", FAILED)
    file.set("b", WAITING)
    file.set("c", WAITING)
    file.set("c", None)
    file.set("never there", None)
    file.write()
    assert load_status(tmp_path / "status.json") == {"a": FAILED, "b": WAITING}
    assert StatusFile(tmp_path / "status.json").load() == {"a": FAILED, "b": WAITING}
    assert json.loads((tmp_path / "status.json").read_text())["b"]["error"].startswith("waits for walk.mp4")


def test_the_file_is_replaced_only_where_something_has_changed(tmp_path: Path):
    file = StatusFile(tmp_path / "status.json")
    file.set("a", FAILED)
    file.write()
    first = (tmp_path / "status.json").stat().st_ino
    file.set("a", FAILED)
    file.write()
    assert (tmp_path / "status.json").stat().st_ino == first
    file.set("a", WAITING)
    file.write()
    assert (tmp_path / "status.json").stat().st_ino != first


def test_a_file_that_is_not_there_and_one_that_is_damaged_are_typed_errors(tmp_path: Path):
    with pytest.raises(InputNotFoundError):
        load_status(tmp_path / "status.json")
    for content in ("", "{ damaged", '{"a": {"status": "dancing"}}', "[]"):
        (tmp_path / "status.json").write_text(content)
        with pytest.raises(FileFormatError):
            load_status(tmp_path / "status.json")


def test_a_damaged_file_is_written_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "status.json").write_text("{ damaged")
    file = StatusFile(tmp_path / "status.json")
    assert file.load() == {}
    assert "it is written anew" in caplog.text
    file.set("a", FAILED)
    file.write()
    assert load_status(tmp_path / "status.json") == {"a": FAILED}


def test_neuroposes_own_file_is_read(tmp_path: Path):
    entry = {
        "status": "completed", "started_at": "2025-01-01T00:00:00+00:00", "completed_at": "2025-01-01T00:01:00+00:00",
        "results_path": "out/old/results.json", "error": None, "current_video": "walk.mp4", "frames_processed": 90,
        "frames_total": 90, "videos_completed": 1, "videos_total": 1, "percent_complete": 100.0, "last_update": None,
    }  # fmt: skip
    (tmp_path / "status.json").write_text(json.dumps({"old": entry}))
    loaded = load_status(tmp_path / "status.json")["old"]
    assert (loaded.status, loaded.frames_total, loaded.percent_complete) == ("completed", 90, 100.0)
