"""Archives into the inbox: all of it or nothing, and never anything elsewhere."""

import stat
from pathlib import Path

import pytest
from support.archives import COMPRESSIONS, TRIALS, everything, foldered, take, tarred, zipped

from neuropose_ray.errors import (
    OutputError,
)
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.ingest import clear_leftovers


@pytest.mark.parametrize("kind", ["zip", "folder", *(f"tar{suffix}" for suffix in COMPRESSIONS)])
def test_each_video_becomes_a_job_that_is_named_after_its_path(kind: str, tmp_path: Path, data: DataFolder):
    path = tmp_path / f"trials.{kind}"
    if kind == "zip":
        zipped(path, TRIALS)
    elif kind == "folder":
        foldered(path, TRIALS)
    else:
        tarred(path, TRIALS, COMPRESSIONS[kind.removeprefix("tar")])
    result = take(path, data)
    assert {job.job_name: job.video_filename for job in result.ingested} == {
        "patient_1_walk": "walk.mp4", "patient_1_run": "run.MOV",
    }  # fmt: skip
    assert result.skipped_non_videos == ("notes.txt",)
    assert result.total_uncompressed_bytes == 8000
    assert everything(data.inbox) == {
        "patient_1_run": None, "patient_1_run/run.MOV": b"r" * 3000,
        "patient_1_walk": None, "patient_1_walk/walk.mp4": b"w" * 5000,
    }  # fmt: skip
    assert not list(data.root.glob(".ingest_*"))


def test_force_puts_new_jobs_in_the_place_of_old_ones(tmp_path: Path, data: DataFolder):
    take(zipped(tmp_path / "a.zip", {"walk.mp4": b"old"}), data)
    (data.inbox / "walk" / "more.txt").write_text("old")
    take(zipped(tmp_path / "a.zip", {"walk.mp4": b"new"}), data, force=True)
    assert everything(data.inbox) == {"walk": None, "walk/walk.mp4": b"new"}
    assert not list(data.root.glob(".ingest_*"))


def test_an_error_while_placing_takes_everything_back(tmp_path: Path, data: DataFolder):
    data.create()
    (data.inbox / "b").write_text("in the way")
    archive = zipped(tmp_path / "a.zip", {"a.mp4": b"1", "b.mp4": b"1"})
    before = everything(data.root)
    real = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name == "b" and path.parent.name == "new":
            raise OSError(28, "No space left on device", str(path))
        return real(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(OutputError, match="No space"):
            take(archive, data, force=True)
    assert everything(data.root) == before


def test_what_a_killed_ingest_left_is_cleared_and_a_running_one_is_not(data: DataFolder):
    from neuropose_ray.service.inbox.lock import held_lock

    data.create()
    (data.root / ".ingest_dead" / "new" / "walk").mkdir(parents=True)
    (data.root / ".ingest_alive").mkdir()
    with held_lock(data.root / ".ingest_alive" / ".lock"):
        clear_leftovers(data)
        assert [path.name for path in data.root.glob(".ingest_*")] == [".ingest_alive"]


def test_files_are_for_their_owner_alone(tmp_path: Path, data: DataFolder):
    take(zipped(tmp_path / "a.zip", {"walk.mp4": b"1"}), data)
    assert stat.S_IMODE((data.inbox / "walk").stat().st_mode) == 0o700
    assert stat.S_IMODE((data.inbox / "walk" / "walk.mp4").stat().st_mode) == 0o600
