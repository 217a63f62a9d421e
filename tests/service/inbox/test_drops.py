"""Tokens in folders and records on the disk: together they say which folder is which job."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from neuropose_ray.schemas.jobs import JobInput, JobRequest
from neuropose_ray.service.inbox.drops import (
    TOKEN_FILE,
    DroppedVideo,
    DropRecord,
    DropStore,
    Outcome,
    is_token,
    remove_token,
    token_of,
    write_token,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def video(file: str = "walk.MP4", size_bytes: int = 5, modified_ns: int = 1) -> DroppedVideo:
    return DroppedVideo(file=file, input=file.lower(), size_bytes=size_bytes, modified_ns=modified_ns)


def record(number: int = 1, *videos: DroppedVideo) -> DropRecord:
    request = JobRequest(
        id=f"{number:032x}",
        workflow="standard",
        inputs=(JobInput(name="walk.mp4"),),
        source="inbox",
        folder="trial",
        submitted_at=NOW,
    )
    return DropRecord(folder="trial", request=request, videos=videos or (video(),))


def test_a_folder_has_the_token_that_was_written_last(tmp_path: Path):
    assert token_of(tmp_path) is None
    for job_id in ("a" * 32, "b" * 32):
        write_token(tmp_path, job_id)
        assert token_of(tmp_path) == job_id
    assert [path.name for path in tmp_path.iterdir()] == [TOKEN_FILE]
    remove_token(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_of_a_token_is_one_too_and_goes_with_it(tmp_path: Path):
    (tmp_path / f".{TOKEN_FILE}.1234.tmp").touch()
    (tmp_path / "walk.mp4").touch()
    assert [name.name for name in tmp_path.iterdir() if is_token(name.name)] == [f".{TOKEN_FILE}.1234.tmp"]
    remove_token(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]


def test_a_token_that_cannot_be_read_is_none_and_a_folder_that_is_gone_has_none(tmp_path: Path):
    (tmp_path / TOKEN_FILE).write_bytes(b"\xff\xfe")
    assert token_of(tmp_path) is None
    assert token_of(tmp_path / "gone") is None
    remove_token(tmp_path / "gone")


@pytest.mark.parametrize(
    ("now", "covered"),
    [
        ((), True),
        ((video(),), True),
        ((video("run.mp4"),), True),
        ((video(size_bytes=6),), False),
        ((video(modified_ns=2),), False),
        ((video(), video("jump.mp4")), False),
    ],
    ids=["all removed", "the same", "one removed", "another size", "another time", "one more"],
)
def test_a_drop_covers_what_was_there_and_nothing_new(now: tuple[DroppedVideo, ...], covered: bool):
    assert record(1, video(), video("run.mp4")).covers(now) == covered


def test_the_name_that_a_file_had_is_found_by_that_of_the_input():
    drop = record()
    assert (drop.original("walk.mp4"), drop.original("other.mp4"), drop.original(None)) == (
        "walk.MP4",
        "other.mp4",
        None,
    )


def test_records_come_back_from_the_disk_as_they_were(tmp_path: Path):
    store = DropStore(tmp_path / "drops")
    assert store.is_new
    store.create()
    assert not store.is_new
    outcome = Outcome(started_at=NOW, completed_at=NOW, results="out/trial/results.json", warning="one is missing")
    drops = [record(1), record(2).model_copy(update={"outcome": outcome})]
    for drop in drops:
        store.put(drop)
    assert list(DropStore(tmp_path / "drops").drops()) == drops
    store.remove(drops[0].id)
    store.remove(drops[0].id)
    assert list(store.drops()) == drops[1:]


def test_damaged_records_are_passed_over_and_unfinished_ones_cleared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    store = DropStore(tmp_path)
    store.put(record(1))
    (tmp_path / f"{2:032x}.json").write_text("{ damaged")
    (tmp_path / ".x.tmp").write_text("half")
    store.create()
    assert list(store.drops()) == [record(1)]
    assert "is passed over" in caplog.text
    assert not (tmp_path / ".x.tmp").exists()
