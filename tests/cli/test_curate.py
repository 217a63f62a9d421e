"""`neuropose-ray curate`: run, inspect and export, as a user types them."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.command_line import typed_here
from support.frame_folders import blurred, write_folder

import neuropose_ray
from neuropose_ray.schemas.frame_table import FRAMES_FILE, read_frames

PROGRAM = Path(sys.executable).with_name("neuropose-ray")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A frame folder and what was made of it."""
    folder = tmp_path_factory.mktemp("curate")
    frames = write_folder(folder / "cam", 24, {7: blurred}, {12: 3})
    command = [PROGRAM, "curate", "run", frames, "--out", folder / "out", "--sheet", "--engine", "local"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "cam: 24 frames: 1 blurred, 1 duplicate" in done.stdout
    return frames, folder / "out"


@pytest.fixture
def curate(capfd, monkeypatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Type one of these commands, without a process of its own."""
    return partial(typed_here, capfd, monkeypatch, "curate")


def test_the_sheet_shows_what_was_found_and_needs_nothing_else(results):
    page = (results[1] / "contact_sheet.html").read_text("utf-8")
    assert "blurred: 1 frame" in page
    assert "image_7.png" in page
    assert "near-duplicates" in page
    assert page.count("data:image/jpeg;base64,") == 3
    assert "http" not in page


def test_a_setting_on_the_command_line_changes_flags_and_decodes_nothing(curate, results):
    frames, out = results
    done = curate("run", frames, "-o", out, "--set", "blur.threshold=0", "--json")
    summary = json.loads(done.stdout)
    assert summary["frames_decoded"] == 0
    assert "blurred" not in summary["streams"][0]["counts"]["flags"]
    shown = curate("inspect", out, "cam")
    assert shown.returncode == 0
    assert "frame_metrics: skipped: nothing changed" in shown.stdout
    assert "conclusions: ran: blur.threshold changed from 80.0 to 0.0" in shown.stdout
    asked = json.loads(curate("inspect", out, "--json").stdout)
    assert [stage["stage"] for stage in asked["streams"][0]["stages"]] == ["frame_metrics", "conclusions"]
    assert asked["streams"][0]["files"][0]["state"] == "whole"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--set", "blur.treshold=1"], "curation.blur.treshold"),
        (["--set", "blur"], "not NAME=VALUE"),
        (["--set", "blur.threshold=" + "[" * 50_000], "must be a number"),
        (["--profile", "laptop"], "there are local-cpu"),
        (["--config", "none.yaml"], "none.yaml"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(results, curate, words: list[str], what: str):
    frames, out = results
    done = curate("run", frames, "-o", out, *words)
    assert done.returncode == 2
    assert what in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_files_profiles_and_the_environment_set_what_the_command_line_does_not(curate, tmp_path: Path):
    frames = write_folder(tmp_path / "cam", 12)
    (tmp_path / "c.yaml").write_text("blur: {threshold: 1000000}\nbatch_size: 6\n")
    words = [
        "run",
        frames,
        "-o",
        tmp_path / "out",
        "--config",
        tmp_path / "c.yaml",
        "--profile",
        "local-cpu",
        "--json",
    ]
    summary = json.loads(curate(*words).stdout)
    assert (summary["engine"], summary["streams"][0]["counts"]["flags"]["blurred"]) == ("local", 12)
    words = ["run", frames, "-o", tmp_path / "out", "--json"]
    summary = json.loads(curate(*words, NEUROPOSE_CURATION__BLUR__THRESHOLD="0").stdout)
    assert summary["streams"][0]["counts"]["flags"] == {}


def test_a_folder_that_was_not_curated_and_a_damaged_file_are_named(curate, results, tmp_path: Path):
    done = curate("inspect", tmp_path)
    assert (done.returncode, "nothing was curated here" in done.stderr) == (2, True)
    _, out = results
    done = curate("inspect", out, "other")
    assert (done.returncode, "there is no such stream" in done.stderr) == (2, True)
    idle = out / "cam" / "idle.parquet"
    content = idle.read_bytes()
    idle.write_bytes(content[:-1])
    done = curate("inspect", out)
    assert (done.returncode, "cam/idle.parquet: damaged" in done.stdout) == (1, True)
    idle.write_bytes(content)


def test_what_is_wrong_with_a_folder_is_said_at_once_with_what_to_do(curate, tmp_path: Path):
    gaps = write_folder(tmp_path / "gaps", 9)
    (gaps / "image_4.png").unlink()
    mixed = write_folder(tmp_path / "mixed", 9, kind="jpg")
    (mixed / "image_2.jpg").write_bytes(b"no picture")
    done = curate("run", gaps, mixed, "--out", tmp_path / "out", "--engine", "local")
    assert done.returncode == 1
    assert "gaps: failed: " in done.stdout
    assert "1 number of 0 to 8 is missing (4); complete the folder, or give --no-strict" in done.stdout
    assert "image_2.jpg: the image cannot be decoded" in done.stdout
    shown = curate("inspect", tmp_path / "out")
    assert (shown.returncode, "frame_metrics: failed: " in shown.stdout) == (1, True)
    done = curate("run", gaps, "--out", tmp_path / "out", "--no-strict", "--engine", "local")
    assert done.returncode == 0
    assert "note: 1 of the numbers 0 to 8 is missing; the gaps keep their time." in done.stdout


@pytest.mark.parametrize("words", [["--format", "voc"], ["--keep", "duplicates"]])
def test_a_format_or_flag_that_does_not_exist_is_refused_with_those_that_do(
    results, curate, tmp_path: Path, words: list[str]
):
    done = curate("export", results[1], "--to", tmp_path / "set", *words)
    assert done.returncode == 2
    assert "there are " in done.stderr


def test_an_export_without_poses_says_what_is_missing(curate, results, tmp_path: Path):
    done = curate("export", results[1], "--to", tmp_path / "set")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1


def test_from_python_it_is_one_call(tmp_path: Path):
    frames = write_folder(tmp_path / "cam", 12, {3: blurred})
    summary = neuropose_ray.curate(frames, tmp_path / "out", engine="local", quiet=True, blur={"threshold": 90.0})
    assert (summary.frames_decoded, summary.streams[0].counts.flags) == (12, {"blurred": 1})
    table, header = read_frames(tmp_path / "out" / "cam" / FRAMES_FILE)
    assert header.settings["blur"]["threshold"] == 90.0
    assert table.num_rows == 12
