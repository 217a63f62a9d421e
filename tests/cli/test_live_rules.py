"""`live rules` as a person uses it, without a service."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from rules.test_older import CLASSES, OLDER
from support.onnx_files import mean_colours
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import BundleError, InputNotFoundError, OutputError, RuleError
from neuropose_ray.rules import import_pipeline, load_bundle, load_pipeline

HELMETS = {
    "name": "helmets", "version": "3",
    "models": {"helmet": {"file": "helmet.onnx", "classes": ["a", "b", "c"], "size": [8, 8]}},
    "rules": [{"name": "worn", "branches": [{"type": "classifier", "name": "helmet", "model": "helmet"}]}],
}  # fmt: skip


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["live", "rules", *map(str, words)], env={"COLUMNS": "200"})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "helmets.yaml"
    path.write_text(yaml.safe_dump(HELMETS))
    (tmp_path / "helmet.onnx").write_bytes(mean_colours())
    return path


def test_right_rules_are_described_and_wrong_ones_named(rules: Path, tmp_path: Path):
    assert run("check", rules).stdout == "helmets, version 3; rules: worn; networks: helmet\n"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump({**HELMETS, "models": {}}))
    assert isinstance(run("check", wrong).exception, RuleError)
    assert isinstance(run("check", tmp_path / "none.yaml").exception, InputNotFoundError)


def test_a_bundle_has_the_networks_that_lie_beside_the_rules(rules: Path, tmp_path: Path):
    out = tmp_path / "helmets.zip"
    made = run("bundle", rules, "--out", out)
    assert made.exit_code == 0, made.output
    bundle = load_bundle(out)
    assert bundle.sha256 in made.stdout
    assert bundle.models["helmet"] == (tmp_path / "helmet.onnx").read_bytes()
    assert bundle.sha256 in run("check", out).stdout
    assert isinstance(run("bundle", rules, "--out", out).exception, OutputError)
    assert run("bundle", rules, "--out", out, "--overwrite").exit_code == 0


def test_a_network_that_is_not_there_is_named_and_nothing_is_written(rules: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    out = tmp_path / "helmets.zip"
    refused = run("bundle", rules, "--out", out, "--models", tmp_path / "elsewhere").exception
    assert isinstance(refused, BundleError)
    assert "helmet.onnx" in str(refused)
    assert not out.exists()


def test_an_older_pipeline_becomes_a_file_of_rules_that_says_the_same(tmp_path: Path):
    older, out = tmp_path / "pipeline.json", tmp_path / "rules.yaml"
    older.write_text(json.dumps(OLDER))
    given = [word for model, names in CLASSES.items() for word in ("--classes", f"{model}={','.join(names)}")]
    made = run("import", older, "--out", out, *given)
    assert made.exit_code == 0, made.output
    expected = import_pipeline(OLDER, CLASSES)
    assert load_pipeline(out) == expected.pipeline
    assert [line.removeprefix("note: ") for line in made.stderr.splitlines()] == list(expected.notes)


@pytest.mark.parametrize("words", [["--classes", "helmet"], ["--classes", "=a"]])
def test_classes_that_name_no_network_are_refused(tmp_path: Path, words: list[str]):
    older = tmp_path / "pipeline.json"
    older.write_text(json.dumps(OLDER))
    assert isinstance(run("import", older, "--out", tmp_path / "rules.yaml", *words).exception, RuleError)


def test_help_has_an_example_for_every_command():
    for command in ("check", "bundle", "import"):
        assert f"neuropose-ray live rules {command}" in run(command, "--help").stdout
