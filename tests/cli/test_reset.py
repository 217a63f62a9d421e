"""`reset` as a script uses it; what it removes and whom it ends is tested with the service."""

import json

import pytest
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.service.data_folder import DataFolder


@pytest.fixture
def data(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.create()
    (folder.failed / "trial").mkdir()
    (folder.failed / "trial" / "walk.mp4").write_bytes(bytes(1000))
    return folder


def reset(data, *words, answer=None):
    return CliRunner().invoke(app, ["reset", "--data", str(data.root), *words], input=answer)


def test_a_dry_run_lists_and_removes_nothing(data):
    done = reset(data, "--dry-run", "--json")
    record = json.loads(done.stdout)
    assert (done.exit_code, record["bytes_freed"]) == (0, 0)
    assert str(data.failed / "trial") in [entry["path"] for entry in record["paths"]]
    assert (data.failed / "trial").exists()
    lines = reset(data, "-n").stdout.splitlines()
    assert (lines[0], lines[-1]) == (f"would remove {data.failed / 'trial'} (0.0 MB)", "(dry-run; no changes made)")


def test_neuroposes_names_of_options_are_taken(data):
    assert reset(data, "--yes", "--force-kill", "--grace-seconds", "5").exit_code == 0
    assert not (data.failed / "trial").exists()


def test_who_declines_gets_exit_code_2_and_keeps_everything(data):
    done = reset(data, answer="n\n")
    assert (done.exit_code, done.stderr) == (2, "aborted\n")
    assert (data.failed / "trial").exists()


def test_failed_jobs_are_kept_when_they_are_to_be(data):
    assert reset(data, "--yes", "--keep-failed").exit_code == 0
    assert (data.failed / "trial").exists()
    done = reset(data, "--yes", "--json")
    assert not (data.failed / "trial").exists()
    assert json.loads(done.stdout)["bytes_freed"] >= 1000


def test_an_empty_folder_is_said_to_be_one(data):
    reset(data, "--yes")
    done = reset(data)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (
        0,
        f"nothing to do: there is nothing to remove in {data.root}",
    )
