"""A run from Python is the command's run: same inputs, same settings, same results."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.grey_model import GreySpec
from typer.testing import CliRunner

import neuropose_ray
from neuropose_ray import api
from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputNotFoundError, SettingsError, UnknownModelError
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NEUROPOSE_")] + ["RAY_ADDRESS"]:
        if name not in ("NEUROPOSE_TEST_DATA", "NEUROPOSE_WEIGHTS__CACHE_DIR"):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clip(test_data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(test_data / "odd" / "made_one_frame.mp4", tmp_path / "one.mp4"))


def grey(inputs: Any, out: Any, **more: Any) -> RunSummary:
    """A run with a model that needs no weights."""
    return neuropose_ray.process(inputs, out, model=GreySpec(), engine="local", quiet=True, **more)


@dataclass(frozen=True)
class Request:
    """What a run was asked for."""

    settings: Settings
    inputs: list[str]
    out: Path
    more: dict[str, Any]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What runs are asked for; none takes place."""
    asked: list[Request] = []

    def note(settings: Settings, inputs: list[str], out: Path, **more: Any) -> RunSummary:
        asked.append(Request(settings, inputs, out, more))
        return RunSummary(
            model="none", model_sha256="", engine="none", started_at=datetime.now(UTC), seconds=0, frames_computed=0,
            videos=(), not_videos=(),
        )  # fmt: skip

    monkeypatch.setattr(api, "run_with", note)
    return asked


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], {}),
        (["--model", "metrabs"], {"model": "metrabs"}),
        (["--engine", "ray", "--address", "auto"], {"engine": {"kind": "ray", "address": "auto"}}),
        (["--engine", "local"], {"engine": "local"}),
        (["--height", "1.82", "--moving-camera"], {"fitting": {"height_m": 1.82, "moving_camera": True}}),
        (["--no-refine"], {"fit": False}),
        (["--fps", "50", "--chunk-frames", "64"], {"video": {"image_fps": 50, "chunk_frames": 64}}),
        (["--config", "settings.yaml"], {"config": "settings.yaml"}),
        (["--config", "settings.yaml", "--model", "metrabs"], {"config": Path("settings.yaml"), "model": "metrabs"}),
    ],
)
def test_the_settings_are_those_of_the_command(
    words: list[str],
    named: dict[str, Any],
    requests: list[Request],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUROPOSE_ENGINE__WORKERS", "3")
    Path("settings.yaml").write_text("model: https://weights.org/model.zip\nfit: true\n")
    ran = CliRunner().invoke(app, ["process", "walk.mp4", "--out", "results", *words])
    assert ran.exit_code == 0, ran.output
    neuropose_ray.process("walk.mp4", "results", **named)
    command, call = requests
    assert call.settings == command.settings
    assert call.settings.engine.workers == 3
    assert (call.inputs, call.out) == (command.inputs, command.out)


@pytest.mark.parametrize("inputs", ["a.mp4", Path("a.mp4"), ["a.mp4"], iter([Path("a.mp4")])])
def test_one_input_or_several_are_paths_or_texts(inputs: Any, requests: list[Request]):
    neuropose_ray.process(inputs, "results")
    assert requests[0].inputs == ["a.mp4"]


def test_the_users_home_is_found_and_urls_stay_as_they_are(requests: list[Request], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/ada")
    neuropose_ray.process(["~/a.mp4", "s3://clips/b.mp4"], "~/results")
    neuropose_ray.process("a.mp4", "s3://bucket/results", work_folder="~/work")
    here, there = requests
    assert (here.inputs, here.out) == (["/home/ada/a.mp4", "s3://clips/b.mp4"], Path("/home/ada/results"))
    assert here.more["store"] is None
    assert (there.out, there.more["store"].url) == (Path("/home/ada/work"), "s3://bucket/results")


def test_the_results_are_those_of_the_command(weights, clip: Path, tmp_path: Path):
    summary = neuropose_ray.process(clip, tmp_path / "call", quiet=True)
    command = [Path(sys.executable).with_name("neuropose-ray"), "process", clip, "--out", tmp_path / "command"]
    subprocess.run(command, check=True, capture_output=True)
    assert summary.all_well
    call, command = (neuropose_ray.read(tmp_path / name / "one") for name in ("call", "command"))
    assert call.frames == command.frames
    assert len(call) == 1
    assert len(call["frame_000000"]) == 1
    assert json.loads((tmp_path / "call" / "summary.json").read_text()) == summary.model_dump(mode="json")


def test_a_model_of_ones_own_is_an_object(clip: Path, tmp_path: Path):
    spec: PoseModelSpec = GreySpec()
    summary = neuropose_ray.process(clip, tmp_path / "out", model=spec, engine="local", quiet=True)
    assert (summary.model, summary.model_sha256, summary.engine) == ("grey", spec.sha256, "local")
    assert neuropose_ray.read(tmp_path / "out" / "one").provenance.model_name == "grey"


def test_what_is_there_is_not_computed_again_and_a_bad_video_stops_no_other(
    test_data: Path, clip: Path, tmp_path: Path
):
    bad = Path(shutil.copy(test_data / "odd" / "made_not_a_video.mp4", tmp_path / "bad.mp4"))
    first, second = grey([clip, bad], tmp_path / "out"), grey([clip, bad], tmp_path / "out")
    assert (first.frames_computed, second.frames_computed) == (1, 0)
    for summary in (first, second):
        assert [(video.name, video.state) for video in summary.videos] == [("one", "completed"), ("bad", "failed")]
        assert not summary.all_well


@pytest.mark.parametrize(
    ("named", "error", "text"),
    [
        ({"modle": "blazepose"}, SettingsError, "modle"),  # codespell:ignore modle
        ({"fitting": {"height": 2}}, SettingsError, "fitting.height"),
        ({"engine": "spark"}, SettingsError, "engine.kind"),
        ({"engine": {"workers": 0}}, SettingsError, "engine.workers"),
        ({"model": "nosuch"}, UnknownModelError, "nosuch"),
        ({"config": "gone.yaml"}, SettingsError, "gone.yaml"),
        ({"work_folder": "work"}, SettingsError, "URL"),
    ],
)
def test_wrong_settings_are_an_error_that_names_them(
    clip: Path, tmp_path: Path, named: dict[str, Any], error: type[Exception], text: str
):
    with pytest.raises(error, match=text):
        neuropose_ray.process(clip, tmp_path / "out", quiet=True, **named)
    assert not (tmp_path / "out").exists()


def test_an_input_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match=r"gone\.mp4"):
        grey("gone.mp4", tmp_path / "out")


def test_progress_is_shown_unless_it_is_not_wanted(clip: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    neuropose_ray.process(clip, tmp_path / "shown", model=GreySpec(), engine="local")
    assert "1 frame in 1 chunk" in capfd.readouterr().err
    grey(clip, tmp_path / "quiet")
    assert capfd.readouterr() == ("", "")


def test_a_summary_is_printed_in_a_few_lines(clip: Path, tmp_path: Path):
    for number in range(14):
        (tmp_path / f"bad_{number:02}.mp4").write_bytes(b"")
    summary = grey(tmp_path, tmp_path / "out")
    lines = str(summary).splitlines()
    assert lines[0] == "15 videos: 1 completed, 0 partial, 14 failed"
    assert lines[1].startswith("1 frame computed in ")
    assert lines[2].startswith("failed: bad_00: ")
    assert len(lines) == 13
    assert lines[-1] == "and 4 more in summary.json"
    assert "bad_00" not in repr(summary)
    assert "videos=15" in repr(summary)


def test_the_package_offers_its_names_and_no_others():
    assert {"process", "read", "__version__"} <= set(dir(neuropose_ray))
    with pytest.raises(AttributeError, match="nosuch"):
        neuropose_ray.nosuch  # noqa: B018


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"model": "metrabs", "engine": {"kind": "local", "workers": 3}, "fit": None, "camera": {"calibration": None}},
        {"video": {"chunk_frames": 10, "capture_fps": 240.0}, "skip_idle": True, "curation": {"every": None}},
    ],
)
def test_the_settings_of_a_run_are_those_of_everything(flags: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("NEUROPOSE_")]:
        monkeypatch.delenv(name)
    of_run, everything = api.run_settings(None, flags), load_settings(None, flags)
    assert type(of_run) is RunSettings
    assert of_run.model_dump() == everything.model_dump(include=set(RunSettings.model_fields))


@pytest.mark.parametrize(
    "flags", [{"engine": {"workers": 0}}, {"engine": {"kinds": "ray"}}, {"models": "x"}, {"video": 3}, {"service": 3}]
)
def test_what_is_wrong_with_them_is_said_in_the_same_words(flags: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("NEUROPOSE_")]:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as expected:
        load_settings(None, flags)
    with pytest.raises(SettingsError) as actual:
        api.run_settings(None, flags)
    assert str(actual.value) == str(expected.value)


def test_files_and_variables_may_set_the_service_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = tmp_path / "neuropose.yaml"
    config.write_text("service: {port: 8123}\nfit: true\n")
    assert api.run_settings(config, {}).fit is True
    monkeypatch.setenv("NEUROPOSE_SERVICE__PORT", "8124")
    monkeypatch.setenv("NEUROPOSE_FIT", "false")
    assert api.run_settings(None, {}).fit is False
