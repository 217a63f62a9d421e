"""`neuropose-ray` as a user types it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.command_line import typed_here


def neuropose(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300)


#: Prints what is loaded when the first frame is decoded, and ends.
UNTIL_FIRST_FRAME = """
import os, sys
from neuropose_ray.cli import main
from neuropose_ray.video.decode import ChunkDecoder

frames = ChunkDecoder.frames

def ended(self):
    for _ in frames(self):
        print(*sys.modules, flush=True)
        os._exit(0)
        yield

ChunkDecoder.frames = ended
main()
"""
#: Each takes a noticeable part of a second, and belongs to other commands, to terminals, or to the end of a run.
NOT_FOR_A_FIRST_FRAME = {
    "ray", "tensorflow", "matplotlib", "scipy", "numba", "pandas", "pyarrow.compute", "plotly", "httpx", "fastapi",
    "rich.progress", "rich.markdown", "neuropose_ray.analysis", "neuropose_ray.render", "neuropose_ray.report",
    "pydantic_settings", "asyncio", "filelock", "rich.status", "neuropose_ray.service.settings",
    "neuropose_ray.pipeline.planning.dry_run",
}  # fmt: skip


@pytest.fixture
def neuropose_here(capfd, monkeypatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same without a process of its own, for what computes nothing."""
    return partial(typed_here, capfd, monkeypatch)


@pytest.fixture
def clip(test_data: Path) -> Path:
    return test_data / "odd" / "made_one_frame.mp4"


def test_a_video_is_processed_and_the_summary_is_json_on_demand(weights, clip: Path, tmp_path: Path):
    done = neuropose("process", clip, "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["videos"][0]["state"] == "completed"
    assert (tmp_path / "made_one_frame" / "predictions.parquet").exists()


@pytest.mark.slow
def test_a_broken_video_among_good_ones_is_exit_code_1_and_one_line(weights, clip: Path, tmp_path: Path):
    done = neuropose("process", clip, clip.parent / "made_zero_bytes.mp4", "--out", tmp_path)
    assert done.returncode == 1
    assert "1 completed, 0 partial, 1 failed" in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "made_zero_bytes" in line]
    assert "the file is empty" in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "complaint", "code"),
    [
        (["process", "gone.mp4", "--out", "OUT"], "gone.mp4: there is no such file or folder", 2),
        (["process", "CLIP", "CLIP"], "--out", 2),
        (["process", "CLIP", "--out", "OUT", "--model", "nosuch"], "nosuch: no such model", 2),
        (["process", "CLIP", "--out", "OUT", "--fps", "nan"], "'--fps': nan is not a number that counts", 2),
        (["process", "CLIP", "--out", "OUT", "--fps", "240"], "give --capture-fps for a clip that is stored slow", 2),
        (["process", "CLIP", "--out", "OUT", "--capture-fps", "0"], "video.capture_fps", 2),
        (["process", "CLIP", "--out", "OUT", "--rate", "0"], "video.rate", 2),
        (["process", "CLIP", "--out", "OUT", "--engine", "carrier-pigeon"], "engine.kind", 2),
        (["process", "CLIP", "--out", "CLIP"], "made_one_frame.mp4", 1),
        (["process", "CLIP", "--out", "OUT", "--config", "gone.yaml"], "gone.yaml", 2),
        (["process", "CLIP", "--out", "OUT", "--engine", "ray", "--address", "127.0.0.1:1"], "cannot connect", 1),
        (["nosuchcommand"], "nosuchcommand", 2),
    ],
)
def test_wrong_use_is_one_line_that_says_what_and_where(
    clip: Path, tmp_path: Path, neuropose_here, words, complaint: str, code: int
):
    places = {"CLIP": str(clip), "OUT": str(tmp_path / "out")}
    done = neuropose_here(*(places.get(word, word) for word in words))
    assert done.returncode == code, done.stderr
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_variable_in_the_environment_is_refused(neuropose_here, clip: Path, tmp_path: Path):
    done = neuropose_here("process", clip, "--out", tmp_path, NEUROPOSE_MODLE="x")
    assert (done.returncode, "NEUROPOSE_MODLE" in done.stderr) == (2, True)


def test_version_and_help():
    assert neuropose("--version").stdout.startswith("neuropose-ray ")
    shown = neuropose("process", "--help").stdout
    for word in ("--out", "--engine", "--overlay", "predictions.parquet", "Example"):
        assert word in shown


def test_a_plan_says_what_there_is_and_writes_nothing(weights, neuropose_here, clip: Path, tmp_path: Path):
    done = neuropose_here("process", clip, "--out", tmp_path / "out", "--plan")
    assert done.returncode == 0, done.stderr
    assert "1 input: 1 video, 0 that cannot be read, 0 other files left out" in done.stdout
    assert "to do: 1 frame in 1 chunk" in done.stdout
    assert "a guess" in done.stdout
    assert not (tmp_path / "out").exists()
    counted = json.loads(neuropose_here("process", clip, "--out", tmp_path / "out", "--plan", "--json").stdout)
    assert (counted["frames"], counted["videos_done"]) == (1, 0)


@pytest.mark.parametrize("model", ["metrabs", "blazepose", "https://127.0.0.1:1/model.zip"])
def test_a_plan_fetches_no_weights(neuropose_here, clip: Path, tmp_path: Path, model: str):
    cache = tmp_path / "cache"
    done = neuropose_here(
        "process",
        clip,
        "--out",
        tmp_path / "out",
        "--plan",
        "--model",
        model,
        NEUROPOSE_WEIGHTS__CACHE_DIR=str(cache),
    )
    assert done.returncode == 0, done.stderr
    assert "not fetched yet: the weights of the pose model" in done.stdout
    assert "to do: 1 frame in 1 chunk" in done.stdout
    assert not cache.exists()


def test_a_calibration_is_looked_at_before_anything_else(neuropose_here, tmp_path: Path):
    done = neuropose_here("process", "gone.mp4", "--out", tmp_path / "out", "--calibration", tmp_path / "nope.toml")
    assert (done.returncode, done.stderr) == (2, f"error: {tmp_path}/nope.toml: No such file or directory\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_results_go_to_a_url(weights, clip: Path, tmp_path: Path):
    url = (tmp_path / "bucket").as_uri()
    done = neuropose("process", clip, "--out", url, "--work-folder", tmp_path / "work")
    assert done.returncode == 0, done.stderr
    assert f"results: {url}" in done.stderr
    assert (tmp_path / "bucket" / "made_one_frame" / "predictions.parquet").exists()
    assert (tmp_path / "bucket" / "summary.json").exists()


def test_a_run_loads_what_its_first_frame_needs(weights, clip: Path, tmp_path: Path):
    words = [sys.executable, "-c", UNTIL_FIRST_FRAME, "process", clip, "--out", tmp_path, "--engine", "local"]
    # With a setting among them, as NEUROPOSE_TEST_DATA looks like one, all settings are loaded to look for its name.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("NEUROPOSE_")}
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300, env=variables)
    loaded = set(done.stdout.split())
    assert {"av", "numpy", "neuropose_ray.pipeline.run"} <= loaded, "a frame was decoded"
    assert loaded & NOT_FOR_A_FIRST_FRAME == set()
