"""Folders on their way: videos to a job without a copy, results to ``out`` whole, failed ones out of the way."""

import errno
import json
import os
from datetime import UTC, datetime

import pytest
from support.frame_folders import write_folder
from support.jobs_in_files import JobsInFiles

from neuropose_ray.errors import FileFormatError
from neuropose_ray.schemas.jobs import Job, JobInput, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.delivery import (
    clear_unfinished,
    deliver,
    free_name,
    give_videos,
    quarantine,
    recover_wrapped,
    wrap_video,
)
from neuropose_ray.service.inbox.drops import DropRecord
from neuropose_ray.service.inbox.folders import take_snapshot
from neuropose_ray.service.inbox.known_drops import KnownDrops
from neuropose_ray.service.inbox.status_file import StatusFile


@pytest.fixture
def drop(data: DataFolder) -> DropRecord:
    folder = data.inbox / "trial"
    folder.mkdir()
    (folder / "walk.MOV").write_bytes(b"a video")
    videos = take_snapshot(folder).videos
    request = JobRequest(
        id="1" * 32,
        workflow="standard",
        inputs=tuple(JobInput(name=video.input) for video in videos),
        source="inbox",
        folder="trial",
        submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return DropRecord(folder="trial", request=request, videos=videos)


def test_the_pictures_of_a_frame_folder_are_one_input(data: DataFolder):
    write_folder(data.inbox / "cam", 12)
    known = KnownDrops(data, StatusFile(data.status_file), "standard")
    drop = known.add("cam", take_snapshot(data.inbox / "cam"))
    names = [f"image_{number}.png" for number in range(12)]
    size = sum((data.inbox / "cam" / name).stat().st_size for name in names)
    assert [(given.name, given.size_bytes) for given in drop.request.inputs] == [("cam", size)]
    for _ in range(2):  # a process that was killed does it again
        give_videos(data.inbox / "cam", drop, data.job(drop.id))
    given = data.job(drop.id).uploads / "cam"
    assert sorted(path.name for path in given.iterdir()) == sorted(names)
    assert (given / "image_3.png").samefile(data.inbox / "cam" / "image_3.png")
    assert drop.covers(take_snapshot(data.inbox / "cam").videos)
    (data.inbox / "cam" / "image_12.png").write_bytes(b"one more")
    assert not drop.covers(take_snapshot(data.inbox / "cam").videos)


@pytest.fixture
def completed(jobs: JobsInFiles, data: DataFolder, drop: DropRecord) -> Job:
    give_videos(data.inbox / "trial", drop, data.job(drop.id))
    jobs.set(jobs.submit(drop.request), "completed")
    return jobs.job(drop.id)


def test_videos_of_a_job_are_links_that_stay_when_the_folder_goes(data: DataFolder, drop: DropRecord):
    folder, job = data.inbox / "trial", data.job(drop.id)
    for _ in range(2):
        give_videos(folder, drop, job)
    (given,) = job.uploads.iterdir()
    assert given.stat().st_ino == (folder / "walk.MOV").stat().st_ino
    (folder / "walk.MOV").unlink()
    assert given.read_bytes() == b"a video"


def test_where_there_are_no_links_videos_are_copied_whole(
    data: DataFolder, drop: DropRecord, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_paths: object, **_options: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    give_videos(data.inbox / "trial", drop, data.job(drop.id))
    (given,) = data.job(drop.id).uploads.iterdir()
    assert (given.name, given.read_bytes()) == (drop.videos[0].input, b"a video")


def test_a_video_that_is_gone_is_an_error_that_names_it(data: DataFolder, drop: DropRecord):
    (data.inbox / "trial" / "walk.MOV").unlink()
    with pytest.raises(FileNotFoundError, match=r"walk\.MOV"):
        give_videos(data.inbox / "trial", drop, data.job(drop.id))


def test_results_appear_in_out_once_however_often_they_are_delivered(
    data: DataFolder, drop: DropRecord, completed: Job
):
    results = data.job(drop.id).results
    (results / ".neuropose-ray").mkdir(exist_ok=True)
    for _ in range(2):
        assert deliver(completed, drop, results, data.outbox) == data.outbox / "trial" / "results.json"
    assert [path.name for path in data.outbox.iterdir()] == ["trial"]
    assert list(json.loads((data.outbox / "trial" / "results.json").read_text())) == ["walk.MOV"]
    assert not (data.outbox / "trial" / ".neuropose-ray").exists(), "the pipeline's own stays where it is"


def test_results_of_an_earlier_drop_are_kept_beside_the_new_ones(data: DataFolder, drop: DropRecord, completed: Job):
    for name in ("trial", "trial.1"):
        (data.outbox / name).mkdir()
        (data.outbox / name / "notes.txt").write_text(name)
    deliver(completed, drop, data.job(drop.id).results, data.outbox)
    assert (data.outbox / "trial.2" / "notes.txt").read_text() == "trial"
    assert (data.outbox / "trial.1" / "notes.txt").read_text() == "trial.1"


def test_a_delivery_that_fails_leaves_out_as_it_was(data: DataFolder, drop: DropRecord, completed: Job):
    (data.job(drop.id).results / "summary.json").write_text("{}")
    with pytest.raises(FileFormatError, match="not a summary"):
        deliver(completed, drop, data.job(drop.id).results, data.outbox)
    assert list(data.outbox.iterdir()) == []


def test_failed_folders_of_one_name_get_numbers(data: DataFolder):
    names = []
    for _ in range(3):
        (data.inbox / "trial").mkdir()
        names.append(quarantine(data.inbox / "trial", data.failed).name)
    assert names == ["trial", "trial.1", "trial.2"]
    assert free_name(data.failed / "trial").name == "trial.3"


def test_a_video_that_a_killed_process_had_half_wrapped_is_wrapped_then(data: DataFolder):
    (data.inbox / "walk.mp4").write_bytes(b"1")
    assert wrap_video(data.inbox / "walk.mp4") == data.inbox / "walk"
    for number, names in enumerate((["walk.mp4"], [])):
        folder = data.inbox / f".neuropose-video-{number}"
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(b"2")
    recover_wrapped(data.inbox)
    assert sorted(path.name for path in data.inbox.iterdir()) == ["walk", "walk.1"]
    assert (data.inbox / "walk.1" / "walk.mp4").read_bytes() == b"2"


def test_unfinished_deliveries_are_cleared_and_nothing_else(data: DataFolder):
    (data.outbox / ".x.tmp").mkdir()
    (data.outbox / ".status.json.1.tmp").touch()
    (data.outbox / "trial").mkdir()
    clear_unfinished(data.outbox)
    assert [path.name for path in data.outbox.iterdir()] == ["trial"]
