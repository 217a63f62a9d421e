"""The command that says in words what was measured."""

import json
import shutil
from pathlib import Path

import pytest
from formats.people import nobody, squatting
from typer.testing import CliRunner

from neuropose_ray.analysis import load_report
from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputError, SettingsError
from neuropose_ray.schemas.parquet_files import write_predictions


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "squat"
    folder.mkdir(parents=True)
    write_predictions(folder / "predictions.parquet", *squatting())
    return folder


def run(*arguments: object):
    return CliRunner().invoke(app, ["describe", *map(str, arguments)])


def test_the_text_is_printed_and_lies_beside_the_predictions(results: Path):
    done = run(results)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("What was measured\n")
    assert (results / "description.txt").read_text() == done.stdout
    assert json.loads((results / "description.json").read_text())["endpoint"] is None


def test_an_analysis_of_these_predictions_is_taken_as_it_is(results: Path):
    assert CliRunner().invoke(app, ["analyze", str(results)]).exit_code == 0
    file = results / "analysis.json"
    report = load_report(file)
    file.write_text(report.model_copy(update={"warnings": ("this very file",)}).model_dump_json())
    assert "This very file." in run(results).stdout
    primary = report.primary.model_copy(update={"predictions_sha256": "0" * 64})
    file.write_text(report.model_copy(update={"primary": primary, "warnings": ("of old",)}).model_dump_json())
    assert "Of old." not in run(results).stdout, "an analysis of other predictions says nothing of these"


def test_the_language_can_be_chosen(results: Path):
    assert run(results, "--language", "de").stdout.startswith("Was gemessen wurde\n")


def test_against_another_trial_says_what_changed(results: Path):
    other = results.with_name("again")
    shutil.copytree(results, other)
    text = run(results, "--against", other).stdout
    assert "of both trials were compared. None of them differs by more than the error of measuring." in text


def test_where_nobody_is_seen_one_line_says_so(results: Path):
    write_predictions(results / "predictions.parquet", *nobody())
    assert isinstance(run(results).exception, InputError)


@pytest.mark.parametrize("flags", [["--endpoint", "http://127.0.0.1:9/v1"], ["--model", "m"]])
def test_an_endpoint_and_its_model_go_together(results: Path, flags: list[str]):
    assert isinstance(run(results, *flags).exception, SettingsError)


def test_an_endpoint_that_fails_leaves_the_templates_and_says_so(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEUROPOSE_DESCRIPTION__ENDPOINT__RETRIES", "0")
    done = run(results, "--endpoint", "http://127.0.0.1:9/v1", "--model", "m")
    assert done.exit_code == 1
    assert "worded by templates: 127.0.0.1:9: the endpoint did not answer" in " ".join(done.stderr.split())
    assert done.stdout.startswith("What was measured\n")
