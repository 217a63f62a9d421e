import json

import numpy as np
import pytest
import typer
from support import neuropose_loader
from typer.testing import CliRunner

from neuropose_ray.cli.benchmark import benchmark
from neuropose_ray.errors import InputNotFoundError, SettingsError
from neuropose_ray.schemas.benchmark import BenchmarkResult

app = typer.Typer()
app.command()(benchmark)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"RAY_ADDRESS": None})


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    import cv2

    folder = tmp_path_factory.mktemp("pictures")
    for number in range(4):
        cv2.imwrite(str(folder / f"image_{number}.png"), np.full((64, 48, 3), 40 * number, np.uint8))
    return folder


@pytest.mark.usefixtures("weights")
def test_json_goes_to_standard_output_and_to_the_file(pictures, tmp_path):
    result = run(pictures, "--repeats", 2, "--workers", 1, "--json", "--out", tmp_path / "benchmark.json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == json.loads((tmp_path / "benchmark.json").read_text())
    measured = BenchmarkResult.model_validate_json(result.stdout)
    assert (measured.engine, measured.workers, measured.frames_per_pass) == ("local", 1, 4)


@pytest.mark.usefixtures("weights")
def test_without_json_it_is_a_report_and_neuroposes_files_are_written_on_demand(pictures, tmp_path):
    files = ("-o", tmp_path / "neuropose.json", "--predictions-output", tmp_path / "poses.json", "--force-cpu")
    result = run(pictures, "--repeats", 2, "--workers", 1, *files)
    assert result.exit_code == 0
    assert neuropose_loader.load_benchmark_result(tmp_path / "neuropose.json").repeats == 2
    assert len(neuropose_loader.load_video_predictions(tmp_path / "poses.json").frames) == 4
    assert "ratio to ceiling" in result.stdout
    assert "pass 2 of 2" in result.stderr


@pytest.mark.parametrize(
    ("flags", "named"),
    [(("--repeats", 1), "--repeats"), (("--warmup-frames", -1), "--warmup-frames"), (("--frames", 0), "--frames")],
)
def test_figures_that_cannot_be_are_refused(pictures, flags, named):
    error = run(pictures, *flags).exception
    assert isinstance(error, SettingsError)
    assert str(error).startswith(named)


@pytest.mark.usefixtures("weights")
def test_a_video_that_is_not_there_is_named(tmp_path):
    error = run(tmp_path / "gone.mp4").exception
    assert isinstance(error, InputNotFoundError)
    assert "gone.mp4" in str(error)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("squat.mp4", "--suite", "scale"), "squat.mp4: the scale suite makes its own videos; leave the video out"),
        ((), "benchmark: there is no video; give one, or --suite scale"),
    ],
)
def test_a_video_is_given_to_the_suite_that_takes_one(arguments, line):
    result = run(*arguments)
    assert isinstance(result.exception, SettingsError)
    assert str(result.exception) == line


@pytest.mark.parametrize("flags", [
    ("video.mp4", "--force-cpu", "--compare-cpu"), ("--suite", "scale", "--output", "a.json"),
    ("--suite", "scale", "--predictions-output", "a.json"),
])  # fmt: skip
def test_what_excludes_each_other_is_refused(flags):
    assert isinstance(run(*flags).exception, SettingsError)
