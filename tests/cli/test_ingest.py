"""`neuropose-ray ingest` as a person and a program read it."""

import json
import zipfile
from pathlib import Path

import typer
from typer.testing import CliRunner

from neuropose_ray.cli.ingest import ingest
from neuropose_ray.errors import JobCollisionError

app = typer.Typer()
app.command()(ingest)


def trials(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "trials.zip", "w") as archive:
        archive.writestr("p1/walk.mp4", bytes(1_500_000))
        archive.writestr("notes.txt", "1")
    return folder / "trials.zip"


def test_it_says_which_jobs_an_archive_gave(tmp_path: Path):
    done = CliRunner().invoke(app, [str(trials(tmp_path)), "--data", str(tmp_path / "data")])
    assert done.exit_code == 0
    head, job = done.stdout.splitlines()
    assert head == f"ingested 1 job(s) from {tmp_path / 'trials.zip'}: 1.5 MB, 1 non-video member(s) skipped"
    assert job == "p1_walk: walk.mp4"
    assert (tmp_path / "data" / "in" / "p1_walk" / "walk.mp4").stat().st_size == 1_500_000


def test_json_has_the_same_and_force_is_needed_for_a_second_time(tmp_path: Path):
    words = [str(trials(tmp_path)), "--data", str(tmp_path / "data"), "--json"]
    record = json.loads(CliRunner().invoke(app, words).stdout)
    assert [job["job_name"] for job in record["jobs"]] == ["p1_walk"]
    assert record["skipped_non_videos"] == ["notes.txt"]
    assert isinstance(CliRunner().invoke(app, words).exception, JobCollisionError)
    assert CliRunner().invoke(app, [*words, "--force"]).exit_code == 0
