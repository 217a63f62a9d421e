"""Results of all runs in a folder are found, and the videos that they are of."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.cli.status import status
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.known_videos import known_videos
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings

app = typer.Typer()
app.command()(status)


def process(*videos: str) -> RunSummary:
    with closing(LocalEngine(1)) as engine:
        return run(
            [Path(video) for video in videos], Path("out"), settings=load_settings(None, {}, {}),
            spec=SyntheticSpec(frame_ms=0.0), engine=engine, progress=NullReporter(),
        )  # fmt: skip


@pytest.fixture
def base(test_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with videos and an output, into which two runs went by paths below it."""
    base = tmp_path / "base"
    base.mkdir()
    monkeypatch.chdir(base)
    for name in ("walk", "squat", "jump"):
        (base / f"{name}.mp4").write_bytes((test_data / "odd" / "made_one_frame.mp4").read_bytes() + name.encode())
    process("walk.mp4", "squat.mp4")
    process("jump.mp4")
    monkeypatch.chdir("/")
    return base


def test_a_summary_has_the_results_of_earlier_runs_beside_its_own(base: Path):
    summary = RunSummary.model_validate_json((base / "out" / "summary.json").read_bytes())
    assert [video.name for video in summary.videos] == ["jump"]
    assert sorted((video.name, video.state, video.computed) for video in summary.earlier_videos) == [
        ("squat", "completed", False),
        ("walk", "completed", False),
    ]


def test_results_that_were_removed_are_no_longer_named(base: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(base)
    shutil.rmtree(base / "out" / "squat")
    assert [video.name for video in process("jump.mp4").earlier_videos] == ["walk"]


def test_videos_of_all_runs_are_found_from_another_working_folder_and_where_all_was_moved(base: Path):
    found = {video.name: video.path for video in known_videos(base / "out")}
    assert found == {name: str(base / f"{name}.mp4") for name in ("jump", "squat", "walk")}
    moved = base.rename(base.with_name("moved"))
    found = {video.name: Path(video.path).resolve() for video in known_videos(moved / "out")}
    assert found == {name: moved / f"{name}.mp4" for name in ("jump", "squat", "walk")}


def test_the_command_lists_them_and_says_which_video_is_gone(base: Path):
    out = str(base / "out")
    assert CliRunner().invoke(app, [out, "--videos"]).stdout.splitlines() == [
        f"{name}: completed; {base / name}.mp4" for name in ("jump", "squat", "walk")
    ]
    (base / "out" / "walk" / "analysis.json").write_text('{"primary": {"predictions_sha256": "0"}}')
    line = CliRunner().invoke(app, [out, "--videos"]).stdout.splitlines()[2]
    assert line == f"walk: completed; {base}/walk.mp4; made from older predictions: analysis.json"
    (base / "squat.mp4").unlink()
    done = CliRunner().invoke(app, [out, "--videos"])
    assert (done.exit_code, done.stdout.splitlines()[1]) == (1, f"squat: completed; no longer at {base}/squat.mp4")
    listed = json.loads(CliRunner().invoke(app, [out, "--videos", "--json"]).stdout)
    assert [(video["name"], video["path"]) for video in listed][1] == ("squat", None)


def test_a_folder_without_results_says_so(tmp_path: Path):
    done = CliRunner().invoke(app, [str(tmp_path), "--videos"])
    assert isinstance(done.exception, InputNotFoundError)
