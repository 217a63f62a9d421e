"""The inbox as a lab meets it: folders in, results out."""

import fcntl
import json
import shutil
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.inbox import WHOLE, drop, eventually, running, status, waiting
from support.jobs_in_files import JobsInFiles

from neuropose_ray.schemas.jobs import JobProgress
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.folders import take_snapshot
from neuropose_ray.service.inbox.status_file import load_status


def test_a_dropped_folder_becomes_one_job_and_its_results_come_to_out(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        drop(data, "trial", "walk.mp4", "walk.MOV", "notes.txt")
        eventually(jobs.all)
        (job,) = jobs.all()
        assert (job.folder, job.source, job.inputs) == ("trial", "inbox", ("walk.MOV", "walk_mp4.mp4"))
        progress = JobProgress(
            percent=40, input="walk_mp4.mp4", inputs_done=1, frames_done=30, frames_total=90,
            updated_at=datetime.now(UTC),
        )  # fmt: skip
        jobs.set(job, "running", progress=progress)
        eventually(lambda: load_status(data.status_file)["trial"].percent_complete == 40)
        entry = load_status(data.status_file)["trial"]
        assert (entry.current_video, entry.frames_processed, entry.frames_total) == ("walk.mp4", 30, 90)
        jobs.set(job, "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
    results = json.loads((data.outbox / "trial" / "results.json").read_text())
    assert list(results) == ["walk.MOV", "walk.mp4"], "under the names that the files have"
    assert (data.outbox / "trial" / "walk_mp4" / "predictions.parquet").read_bytes() == b"poses"
    assert sorted(path.name for path in data.outbox.iterdir()) == ["status.json", "trial"]
    assert (data.inbox / "trial" / "walk.mp4").exists(), "inputs stay where they are"


def test_folders_that_came_together_become_jobs_in_the_order_of_their_names(data, jobs, monkeypatch):
    """Also where a disk is slow for a while, so that a look at all of them takes as long as they are to be still."""
    for name in ("c", "b", "a"):
        drop(data, name, "walk.mp4", content=WHOLE)
    looks = Counter()

    def slow(path):
        looks[path.name] += 1
        time.sleep(0.3 if path.name != "a" and looks[path.name] == 2 else 0)
        return take_snapshot(path)

    monkeypatch.setattr("neuropose_ray.service.inbox.inbox.take_snapshot", slow)
    with running(data, jobs, settle_s=0.3):
        eventually(lambda: len(jobs.all()) == 3)
    folders = {job.id: job.folder for job in jobs.all()}
    assert [folders[job_id] for job_id in jobs.submissions.read_text().split()] == ["a", "b", "c"]


@pytest.mark.slow
def test_a_folder_is_not_taken_while_it_is_copied(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs, settle_s=0.5, unfinished_s=60):
        folder = data.inbox / "slow"
        folder.mkdir()
        for number in range(8):
            with (folder / f"{number}.mp4").open("wb") as file:
                file.write(WHOLE[:20])
                file.flush()
                time.sleep(0.15)
                file.write(WHOLE[20:])
        (folder / "9.mp4.part").write_bytes(WHOLE)
        eventually(lambda: "9.mp4.part, which seems to be copied" in waiting(data).get("slow", ""))
        assert not jobs.all(), "a partial copy lies there"
        (folder / "9.mp4.part").rename(folder / "9.mp4")
        eventually(jobs.all)
    (job,) = jobs.all()
    assert len(job.inputs) == 9
    assert {path.read_bytes() for path in data.job(job.id).uploads.iterdir()} == {WHOLE}


def test_a_copy_that_closes_its_file_and_goes_on_later_is_one_job_of_the_whole_file(data, jobs):
    with running(data, jobs, unfinished_s=60):
        folder = data.inbox / "paused"
        folder.mkdir()
        for end in (10, 30, len(WHOLE) - 1):
            (folder / "walk.mp4").write_bytes(WHOLE[:end])
            eventually(lambda: "walk.mp4, which is not complete" in waiting(data).get("paused", ""))
            assert not jobs.all()
        (folder / "walk.mp4").write_bytes(WHOLE)
        eventually(jobs.all)
        eventually(lambda: not waiting(data).get("paused"))
    assert [(data.job(job.id).uploads / "walk.mp4").read_bytes() for job in jobs.all()] == [WHOLE]


def test_what_is_never_completed_is_taken_after_a_while_and_an_old_part_is_left_where_it_is(data, jobs):
    with running(data, jobs, unfinished_s=0.5):
        folder = drop(data, "old", "walk.mp4", "squat.mp4.part", content=WHOLE)
        drop(data, "broken", "walk.mp4", content=WHOLE[:-1])
        eventually(lambda: len(jobs.all()) == 2)
        for job in jobs.all():
            jobs.set(job, "completed" if job.folder == "old" else "failed")
        eventually(lambda: status(data) == {"old": "completed", "broken": "failed"})
    assert (folder / "squat.mp4.part").exists()
    assert (data.failed / "broken" / "walk.mp4").read_bytes() == WHOLE[:-1]


@pytest.mark.parametrize("name", ["walk.mp4", "李 walk.mov", "status.json.mp4", ("w" * 250) + ".mp4"])
def test_a_video_in_the_inbox_itself_is_a_job(data: DataFolder, jobs: JobsInFiles, name: str):
    with running(data, jobs, unfinished_s=60):
        (data.inbox / name).write_bytes(WHOLE[:-1])
        eventually(lambda: "not complete" in waiting(data).get(name, ""))
        (data.inbox / name).write_bytes(WHOLE)
        eventually(jobs.all)
        (job,) = jobs.all()
        jobs.set(job, "completed")
        eventually(lambda: status(data) == {job.folder: "completed"})
    (folder,) = data.inbox.iterdir()
    assert (folder / name).read_bytes() == WHOLE
    assert (data.outbox / folder.name / "results.json").exists()


@pytest.mark.slow
def test_videos_of_one_name_become_jobs_of_their_own(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        for number in (1, 2, 3):
            (data.root / "walk.mp4").write_bytes(WHOLE)
            (data.root / "walk.mp4").rename(data.inbox / "walk.mp4")
            eventually(lambda number=number: len(jobs.all()) == number)
    assert sorted(str(job.folder) for job in jobs.all()) == ["walk", "walk.1", "walk.2"]


def test_a_video_that_a_killed_service_was_about_to_take_is_taken(data: DataFolder, jobs: JobsInFiles):
    for name in (".neuropose-video-1", ".neuropose-video-2"):
        (data.inbox / name).mkdir()
    (data.inbox / ".neuropose-video-1" / "walk.mp4").write_bytes(WHOLE)
    with running(data, jobs):
        eventually(jobs.all)
    assert [job.folder for job in jobs.all()] == ["walk"]
    assert [path.name for path in data.inbox.iterdir()] == ["walk"]


def test_a_part_in_the_inbox_itself_is_named_and_left_until_it_goes(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        part = data.inbox / "walk.mp4.part"
        part.write_bytes(b"half")
        eventually(lambda: "the rest of it" in waiting(data).get(part.name, ""))
        part.unlink()
        eventually(lambda: status(data) == {})
    assert not jobs.all()


def has_leases(folder: Path) -> bool:
    """Whether the system can tell that nobody writes a file: Linux, and not on every file system."""
    with (folder / "probe").open("wb"), (folder / "probe").open("rb") as reader:
        try:
            fcntl.fcntl(reader, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:  # granted to nobody while this one writes
            return True
        except (OSError, AttributeError):
            return False
    return False


def test_a_copy_that_stalls_is_waited_for(data: DataFolder, jobs: JobsInFiles, tmp_path: Path):
    if not has_leases(tmp_path):
        pytest.skip("this file system has no leases, by which a writer is noticed")
    with running(data, jobs):
        folder = data.inbox / "stalled"
        folder.mkdir()
        with (folder / "walk.mp4").open("wb") as file:
            file.write(b"half")
            file.flush()
            time.sleep(0.8)
            assert not jobs.all()
            file.write(b" and half")
        eventually(jobs.all)
    assert (data.job(jobs.all()[0].id).uploads / "walk.mp4").read_bytes() == b"half and half"


def test_folders_that_can_be_no_job_fail_with_a_plain_message(data: DataFolder, jobs: JobsInFiles):
    (data.root / "elsewhere.mp4").write_bytes(b"not here")
    links = data.root / "aside_links"
    links.mkdir()
    (links / "walk.mp4").symlink_to(data.root / "elsewhere.mp4")
    with running(data, jobs):
        drop(data, "notes", "notes.txt")
        drop(data, "status.json", "walk.mp4")
        links.rename(data.inbox / "links")
        (data.inbox / "empty").mkdir()
        (data.inbox / "hanging").symlink_to(data.root)
        (data.inbox / "walk.txt").write_bytes(b"in no folder")
        eventually(lambda: status(data) == dict.fromkeys(("notes", "status.json", "links"), "failed"))
    assert not jobs.all()
    assert sorted(path.name for path in data.failed.iterdir()) == ["links", "notes", "status.json"]
    assert sorted(path.name for path in data.inbox.iterdir()) == ["empty", "hanging", "walk.txt"]
    assert "no video in it (notes.txt)" in str(load_status(data.status_file)["notes"].error)


def test_a_completed_job_stays_completed_while_something_new_is_copied_into_its_folder(data, jobs, caplog):
    with running(data, jobs):
        folder = drop(data, "trial", "walk.mp4")
        eventually(jobs.all)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
        shutil.rmtree(folder)
        eventually(lambda: not list(data.drops.glob("*.json")))
    folder.mkdir()
    part = folder / "second.mp4.part"
    part.write_bytes(b"begun")
    caplog.set_level("INFO")
    with running(data, jobs, unfinished_s=60):
        eventually(lambda: "second.mp4.part, which seems to be copied still" in caplog.text)
        time.sleep(0.3)  # the status is written after the log
        assert status(data) == {"trial": "completed"}
    part.rename(folder / "given up.txt")
    with running(data, jobs):
        drop(data, "next", "notes.txt")
        eventually(lambda: status(data).get("next") == "failed")
        assert status(data)["trial"] == "completed"
        assert folder.exists()


@pytest.mark.parametrize("emptied", ["all of it", "but for the notes", "and made anew"])
@pytest.mark.slow
def test_a_completed_job_stays_completed_when_its_folder_is_emptied(data, jobs, emptied):
    with running(data, jobs):
        folder = drop(data, "trial", "walk.mp4", "notes.txt")
        eventually(jobs.all)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
        if emptied == "and made anew":
            shutil.rmtree(folder)
            eventually(lambda: not list(data.drops.glob("*.json")))
            folder.mkdir()
        for path in folder.iterdir():
            if emptied == "all of it" or path.name != "notes.txt":
                path.unlink()
        (folder / "later.txt").write_text("new")
        drop(data, "next", "notes.txt")
        eventually(lambda: status(data).get("next") == "failed")
        time.sleep(0.3)  # as long as the other folder took
        assert status(data)["trial"] == "completed"
        assert folder.exists()
        assert (data.outbox / "trial" / "results.json").exists()
    with running(data, jobs):
        drop(data, "third", "notes.txt")
        eventually(lambda: status(data).get("third") == "failed")
        assert status(data)["trial"] == "completed"
    assert len(jobs.all()) == 1
