"""`service config` as an operator and a script read it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neuropose_ray.cli.main import app


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEUROPOSE_SERVICE__JOBS__RUNNING", "3")


def config(*words: str):
    return CliRunner().invoke(app, ["service", "config", *words])


def test_settings_are_shown_with_their_origins(tmp_path: Path):
    file = tmp_path / "settings.yaml"
    file.write_text("service:\n  webhooks:\n    secret: correct-horse\n")
    done = config("show", "--config", str(file), "--data", str(tmp_path / "data"), "--changed")
    assert done.stdout.splitlines() == [
        f'service.data_dir: "{tmp_path / "data"}"  # flag',
        "service.jobs.running: 3  # environment, NEUROPOSE_SERVICE__JOBS__RUNNING",
        f'service.webhooks.secret: "**********"  # {file}, line 3',
    ]
    everything = json.loads(config("show", "--config", str(file), "--json").stdout)
    assert len(everything) > 100
    assert {"name": "service.port", "value": 8000, "origin": "default"} in everything


def test_a_check_is_exit_code_0_without_faults_and_1_with_a_line_for_each(tmp_path: Path):
    file = tmp_path / "settings.yaml"
    file.write_text(f"service:\n  data_dir: {tmp_path / 'data'}\n  port: 8001\n")
    done = config("check", "--config", str(file))
    assert (done.exit_code, done.stdout) == (0, "nothing is wrong with the settings\n")
    file.write_text("service:\n  prot: 8001\n  host: [1]\n")  # codespell:ignore prot
    done = config("check", "--config", str(file))
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 2
    assert json.loads(config("check", "--config", str(file), "--json").stdout) == done.stdout.splitlines()
    assert not (tmp_path / "data").exists()
