"""The inbox as a lab meets it: folders in, results out, whatever dies in between."""

import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.jobs_in_files import ONE_VIDEO, JobsInFiles

from neuropose_ray.errors import DrainingError, RequestError
from neuropose_ray.schemas.jobs import JobError, JobProgress
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.drops import TOKEN_FILE
from neuropose_ray.service.inbox.inbox import Inbox
from neuropose_ray.service.inbox.status_file import load_status
from neuropose_ray.service.settings import InboxSettings


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


#: As long as it says, and with an index: all that the inbox looks at.
WHOLE = box(b"ftyp", b"isom") + box(b"mdat", bytes(40)) + box(b"moov", bytes(20))


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def drop(data: DataFolder, name: str, *files: str, content: bytes = b"a video") -> Path:
    """A folder that appears whole, as a rename makes it."""
    aside = data.root / "aside" / name
    aside.mkdir(parents=True)
    for file in files:
        (aside / file).write_bytes(content)
    return aside.rename(data.inbox / name)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


@pytest.fixture
def jobs(data: DataFolder) -> JobsInFiles:
    return JobsInFiles(data)


@contextmanager
def running(
    data: DataFolder, jobs: JobsInFiles, settle_s: float = 0.05, unfinished_s: float = 0.1
) -> Iterator[Inbox]:
    inbox = Inbox(data, InboxSettings(poll_s=0.1, settle_s=settle_s, unfinished_s=unfinished_s), jobs)
    thread = threading.Thread(target=inbox.run)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.stop()
        thread.join()


def waiting(data: DataFolder) -> dict[str, str]:
    """What folders and videos wait for that are not taken yet."""
    entries = load_status(data.status_file) if data.status_file.exists() else {}
    return {name: entry.error for name, entry in entries.items() if entry.status == "processing" and entry.error}


def status(data: DataFolder) -> dict[str, str]:
    if not data.status_file.exists():
        return {}
    return {name: entry.status for name, entry in load_status(data.status_file).items()}


def test_a_dropped_folder_becomes_one_job_and_its_results_come_to_out(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        drop(data, "trial", "walk.mp4", "walk.MOV", "notes.txt")
        eventually(jobs.all)
        (job,) = jobs.all()
        assert (job.folder, job.source, job.inputs) == ("trial", "inbox", ("walk.MOV", "walk_mp4.mp4"))
        progress = JobProgress(percent=40, input="walk_mp4.mp4", inputs_done=1, updated_at=datetime.now(UTC))
        jobs.set(job, "running", progress=progress)
        eventually(lambda: load_status(data.status_file)["trial"].percent_complete == 40)
        assert load_status(data.status_file)["trial"].current_video == "walk.mp4"
        jobs.set(job, "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
    results = json.loads((data.outbox / "trial" / "results.json").read_text())
    assert list(results) == ["walk.MOV", "walk.mp4"], "under the names that the files have"
    assert (data.outbox / "trial" / "walk_mp4" / "predictions.parquet").read_bytes() == b"poses"
    assert sorted(path.name for path in data.outbox.iterdir()) == ["status.json", "trial"]
    assert (data.inbox / "trial" / "walk.mp4").exists(), "inputs stay where they are"


def test_what_was_done_is_not_done_again_by_the_next_service(data: DataFolder, jobs: JobsInFiles):
    for name in ("a", "b"):
        drop(data, name, "walk.mp4")
    with running(data, jobs):
        eventually(lambda: len(jobs.all()) == 2)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: "completed" in status(data).values())
    data.status_file.write_text("{ damaged")
    with running(data, jobs):
        eventually(lambda: "damaged" not in data.status_file.read_text())
        jobs.set(jobs.all()[1], "completed")
        eventually(lambda: status(data) == {"a": "completed", "b": "completed"})
        time.sleep(0.4)
    assert len(jobs.all()) == 2


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


def test_a_folder_whose_job_fails_while_it_is_copied_on_is_not_moved_but_done_anew(data, jobs):
    with running(data, jobs):
        folder = drop(data, "trial", "walk.mp4", content=WHOLE[:-1])
        eventually(jobs.all)
        (first,) = jobs.all()
        (folder / "walk.mp4").write_bytes(WHOLE)
        jobs.set(first, "failed")
        eventually(lambda: len(jobs.all()) == 2)
        (second,) = (job for job in jobs.all() if job.id != first.id)
        jobs.set(second, "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
    assert not list(data.failed.iterdir())


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


def test_a_failed_job_goes_to_failed_and_runs_again_when_it_is_moved_back(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        for attempt in range(2):
            if attempt:
                (data.failed / "trial").rename(data.inbox / "trial")
                (data.failed / "trial").mkdir()
            else:
                drop(data, "trial", "walk.mp4")
            eventually(lambda attempt=attempt: len(jobs.all()) == attempt + 1)
            error = JobError(code="video_unreadable", message=f"broken {attempt}")
            jobs.set(jobs.all()[attempt], "failed", error=error)
            eventually(lambda: status(data) == {"trial": "failed"})
        assert load_status(data.status_file)["trial"].error == "video_unreadable: broken 1"
        eventually(lambda: [path.name for path in (data.failed / "trial.1").iterdir()] == ["walk.mp4"])
        (data.failed / "trial.1").rename(data.inbox / "trial")
        eventually(lambda: len(jobs.all()) == 3)
        jobs.set(jobs.all()[2], "completed")
        eventually(lambda: status(data) == {"trial": "completed"})


def test_the_same_name_dropped_again_is_a_new_job_and_older_results_are_kept(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        for count in (1, 2):
            drop(data, "trial", "walk.mp4", content=b"take %d" % count)
            eventually(lambda count=count: len(jobs.all()) == count)
            jobs.set(jobs.all()[-1], "completed")
            eventually(lambda: status(data) == {"trial": "completed"})
            shutil.rmtree(data.inbox / "trial")
            eventually(lambda: not list(data.drops.iterdir()))
    ids = [json.loads((data.outbox / name / "job.json").read_text())["id"] for name in ("trial.1", "trial")]
    assert ids == [job.id for job in jobs.all()]


def test_a_video_added_to_a_finished_folder_makes_a_new_job_a_removed_one_does_not(
    data: DataFolder, jobs: JobsInFiles
):
    with running(data, jobs):
        folder = drop(data, "trial", "walk.mp4", "run.mp4")
        eventually(jobs.all)
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: status(data) == {"trial": "completed"})
        (folder / "run.mp4").unlink()
        time.sleep(0.5)
        assert len(jobs.all()) == 1
        (folder / "jump.mp4").write_bytes(b"another")
        eventually(lambda: len(jobs.all()) == 2)
    assert jobs.all()[1].inputs == ("jump.mp4", "walk.mp4")


def test_a_folder_that_is_removed_while_its_job_waits_is_done_all_the_same(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        shutil.rmtree(_taken(data, jobs))
    with running(data, jobs):
        jobs.set(jobs.all()[0], "completed")
        eventually(lambda: (data.outbox / "trial" / "results.json").exists())
    assert (data.job(jobs.all()[0].id).uploads / "walk.mp4").read_bytes() == b"a video"


def _taken(data: DataFolder, jobs: JobsInFiles) -> Path:
    folder = drop(data, "trial", "walk.mp4")
    eventually(jobs.all)
    return folder


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


def test_a_service_that_takes_no_jobs_now_gets_them_later_and_one_that_never_will_fails_them(
    data: DataFolder, jobs: JobsInFiles
):
    jobs.refusal = DrainingError("no new jobs")
    with running(data, jobs):
        drop(data, "trial", "walk.mp4")
        eventually(lambda: status(data) == {"trial": "processing"})
        time.sleep(0.3)
        jobs.refusal = None
        eventually(jobs.all)
        jobs.refusal = RequestError("there is no such workflow")
        drop(data, "other", "walk.mp4")
        eventually(lambda: status(data).get("other") == "failed")
    assert (data.failed / "other" / "walk.mp4").exists()


def test_videos_without_a_result_are_named_in_the_status_of_a_completed_folder(data: DataFolder, jobs: JobsInFiles):
    with running(data, jobs):
        drop(data, "trial", "walk.mp4", "broken.mp4")
        eventually(jobs.all)
        warning = JobError(code="video_unreadable", message="it is cut off", input="broken.mp4")
        jobs.set(jobs.all()[0], "completed", warnings=(warning,))
        eventually(lambda: status(data) == {"trial": "completed"})
    assert load_status(data.status_file)["trial"].error == "broken.mp4: it is cut off"
    assert list(json.loads((data.outbox / "trial" / "results.json").read_text())) == ["walk.mp4"]


def test_what_neuropose_completed_in_a_data_folder_is_not_done_again(data: DataFolder, jobs: JobsInFiles):
    drop(data, "old", "walk.mp4")
    drop(data, "new", "walk.mp4")
    (data.outbox / "old").mkdir()
    (data.outbox / "old" / "results.json").write_text(ONE_VIDEO % "walk.mp4")
    entry = {
        "status": "completed", "started_at": "2025-01-01T00:00:00Z", "completed_at": "2025-01-01T00:01:00Z",
        "results_path": "out/old/results.json", "percent_complete": 100.0,
    }  # fmt: skip
    data.status_file.write_text(json.dumps({"old": entry}))
    with running(data, jobs):
        eventually(jobs.all)
        time.sleep(0.3)
    assert [job.folder for job in jobs.all()] == ["new"]
    assert status(data) == {"old": "completed", "new": "processing"}


WORKER = """
import sys, threading
sys.path.insert(0, {tests!r})
from pathlib import Path
from support.jobs_in_files import JobsInFiles
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.inbox import Inbox
from neuropose_ray.service.settings import InboxSettings
data = DataFolder(Path({root!r}))
Inbox(data, InboxSettings(poll_s=0.05, settle_s=0.02, unfinished_s=0.02), JobsInFiles(data)).run()
"""


@pytest.mark.parametrize(("folders", "kills"), [(3, 3), pytest.param(12, 60, marks=pytest.mark.endurance)])
def test_kills_at_any_moment_leave_each_folder_exactly_one_job(
    data: DataFolder, jobs: JobsInFiles, folders: int, kills: int
):
    script = WORKER.format(tests=str(Path(__file__).parents[2]), root=str(data.root))
    names = [f"trial{number}" for number in range(folders)]
    for name in names:
        drop(data, name, "walk.mp4")
    for round_ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        # Kills fall into the time in which folders are taken, submitted, delivered, or moved.
        before = _steps(data, jobs)
        try:
            eventually(lambda before=before: _steps(data, jobs) != before)
            time.sleep(0.003 * (round_ % 7))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        end_queued(jobs)
        done = {name for name, state in status(data).items() if state != "processing"}
        if done == set(names):
            break
    with running(data, jobs):
        eventually(lambda: end_queued(jobs) or (sorted(status(data)) == sorted(names) and all_ended(data)))
    assert sorted(str(job.folder) for job in jobs.all()) == sorted(names), "one job for each folder"
    failed = {name for name in names if int(name.removeprefix("trial")) % 3 == 0}
    assert {path.name for path in data.failed.iterdir()} == failed
    assert {path.name for path in data.outbox.iterdir()} == set(names) - failed | {"status.json"}
    assert not [path for path in (*data.drops.iterdir(), *data.outbox.iterdir()) if path.suffix == ".tmp"]


def end_queued(jobs: JobsInFiles) -> None:
    """Every third job fails."""
    for job in jobs.all():
        if job.state == "queued":
            failed = int(str(job.folder).removeprefix("trial")) % 3 == 0
            jobs.set(job, "failed" if failed else "completed")


def all_ended(data: DataFolder) -> bool:
    return all(state != "processing" for state in status(data).values())


def _steps(data: DataFolder, jobs: JobsInFiles) -> tuple[int, ...]:
    """How far all folders are together."""
    places = (data.drops, data.outbox, data.failed, data.inbox)
    tokens = len(list(data.inbox.glob(f"*/{TOKEN_FILE}")))
    ended = sum(b'"outcome":{' in path.read_bytes() for path in data.drops.glob("*.json"))
    shown = sum(state != "processing" for state in status(data).values())
    counts = (len(list(place.iterdir())) if place.exists() else 0 for place in places)
    return (*counts, tokens, len(jobs.all()), ended, shown)
