"""A folder, or several videos, submitted: a job for each, as one batch."""

import json
from pathlib import Path

import pytest
from support.frame_folders import write_folder
from support.jobs_over_http import field, job_server
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import OverloadedError, SettingsError, VideoError

BATCH = "b" * 32


@pytest.fixture
def server():
    with job_server() as running:
        yield running


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    (tmp_path / "trials" / "monday").mkdir(parents=True)
    for name in ("sit.mp4", "walk.mp4", "monday/walk.mp4"):
        (tmp_path / "trials" / name).write_bytes(b"video")
    return tmp_path / "trials"


def submit(server, *words):
    return CliRunner().invoke(app, ["jobs", "submit", *map(str, words), "--url", server.url], env={"COLUMNS": "160"})


def test_a_folder_is_a_job_for_each_video_and_the_id_of_the_batch_is_printed(server, trials: Path):
    done = submit(server, trials, "--label", "study=2026", "--deadline", "3600")
    assert done.exit_code == 0, done.output
    batch = done.stdout.strip()
    assert sorted(job.inputs for job in server.jobs.values()) == [("sit.mp4",), ("walk.mp4",), ("walk.mp4",)]
    assert {job.batch for job in server.jobs.values()} == {batch}
    assert {field(body, "deadline_s") for body in server.bodies} == {"3600.0"}
    assert {field(body, "labels") for body in server.bodies} == {'{"study": "2026"}'}


def test_several_files_are_a_batch_and_with_one_job_they_are_one(server, trials: Path):
    files = trials / "sit.mp4", trials / "walk.mp4"
    submit(server, *files)
    assert len(server.jobs) == 2
    submit(server, *files, "--one-job")
    assert len(server.jobs) == 3
    assert server.bodies[-1].count("filename=") == 2
    assert field(server.bodies[-1], "batch") is None
    submit(server, trials / "sit.mp4")
    assert field(server.bodies[-1], "batch") is None, "one video is a job as ever"


def test_what_is_refused_stops_none_of_the_others_and_is_exit_code_1(server, trials: Path):
    (trials / "broken.mp4").write_bytes(b"no video")
    done = submit(server, trials)
    assert done.exit_code == 1
    assert "not submitted" in done.stderr
    assert "broken.mp4: is no video" in done.stderr
    assert len(server.jobs) == 3


def test_a_failed_job_is_exit_code_1_when_it_is_waited_for(server, trials: Path):
    (trials / "bad.mp4").write_bytes(b"video")
    assert submit(server, trials).exit_code == 1, "the server has done it already"
    done = submit(server, trials, "--wait")
    assert done.exit_code == 1
    assert "4 jobs: 1 failed, 3 completed" in done.stdout
    assert "failed: bad.mp4" in done.stdout


def test_a_batch_as_json_is_one_object(server, trials: Path):
    done = submit(server, trials, "--json", "--wait")
    assert json.loads(done.stdout)["counts"] == {"completed": 3}


def test_where_nothing_is_taken_the_reason_is_the_commands(server, tmp_path: Path):
    for name in ("broken_1.mp4", "broken_2.mp4"):
        (tmp_path / name).write_bytes(b"no video")
    done = submit(server, tmp_path)
    assert isinstance(done.exception, VideoError)


def test_a_batch_that_broke_off_goes_on_and_doubles_nothing(server, trials: Path):
    server.refuses_after = 2
    done = submit(server, trials, "--batch", BATCH)
    assert isinstance(done.exception, OverloadedError)
    assert f"2 of 3 were taken; type it again with --batch {BATCH}" in str(done.exception)
    server.refuses_after = None
    assert submit(server, trials, "--batch", BATCH).stdout.strip() == BATCH
    assert len(server.jobs) == 3
    assert {job.batch for job in server.jobs.values()} == {BATCH}


def test_results_of_a_batch_are_a_folder_for_each_job(server, trials: Path, tmp_path: Path):
    done = submit(server, trials, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("batch", ["", "b" * 31, "B" * 32, "x" * 32])
def test_only_an_id_is_a_batch(server, trials: Path, batch: str):
    done = submit(server, trials, "--batch", batch)
    assert isinstance(done.exception, SettingsError)
    assert not server.bodies


def test_a_folder_of_pictures_is_one_job_of_an_archive_of_its_name(server, tmp_path: Path):
    done = submit(server, write_folder(tmp_path / "cam", 3))
    assert done.exit_code == 0, done.output
    assert [job.inputs for job in server.jobs.values()] == [("cam.tar",)]
    assert [number for number in range(4) if f"image_{number}.png" in server.bodies[0]] == [0, 1, 2]


def test_folders_of_pictures_beside_videos_are_jobs_of_one_batch(server, tmp_path: Path):
    for name in ("cam", "cam_2"):
        write_folder(tmp_path / "trials" / name, 2)
    (tmp_path / "trials" / "walk.mp4").write_bytes(b"a video")
    done = submit(server, tmp_path / "trials")
    assert done.exit_code == 0, done.output
    assert {job.inputs for job in server.jobs.values()} == {("cam.tar",), ("cam_2.tar",), ("walk.mp4",)}
    assert len({job.batch for job in server.jobs.values()}) == 1
