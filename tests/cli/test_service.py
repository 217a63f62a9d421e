"""`service install` as a person follows it; the units themselves are tested with the service."""

import pytest
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputNotFoundError


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def install(*words):
    return CliRunner().invoke(app, ["service", "install", *words])


@pytest.mark.parametrize(("manager", "start"), [("systemd", "systemctl --user"), ("launchd", "launchctl bootstrap")])
def test_a_unit_is_written_and_what_to_run_next_is_said(home, manager, start):
    done = install(manager, "--user", "--data", str(home / "data"))
    assert done.exit_code == 0, done.output
    wrote, now, *commands = done.stdout.splitlines()
    path = home / wrote.removeprefix("wrote ")
    assert path.is_file()
    assert path.is_relative_to(home)
    assert now == "now run:"
    assert all(command.startswith("  ") for command in commands)
    assert any(command.strip().startswith(start) for command in commands)


@pytest.mark.parametrize(
    ("manager", "files"),
    [
        ("compose", {"Dockerfile", "Dockerfile.dockerignore", "compose.yaml"}),
        ("kuberay", {"Dockerfile", "Dockerfile.dockerignore", "storage.yaml", "raycluster.yaml", "rayservice.yaml"}),
    ],
)
def test_files_for_containers_are_written_and_what_to_run_next_is_said(home, manager, files):
    out = home / "deploy"
    printed = install(
        manager, "--out", str(out), "--gpus", "1", "--image", "registry.example.org/motion:7", "--print"
    )
    assert not out.exists()
    done = install(manager, "--out", str(out), "--gpus", "1", "--image", "registry.example.org/motion:7")
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == files
    assert all(path.read_text() in printed.stdout for path in out.iterdir())
    assert f"into {out}" in done.stdout
    assert "{" not in done.stdout
    assert "registry.example.org/motion:7" in "".join(path.read_text() for path in out.glob("*.yaml"))


def test_printing_writes_nothing(home):
    done = install("systemd", "--user", "--print", "--data", str(home / "data"))
    assert "[Service]" in done.stdout
    assert list(home.iterdir()) == []


def test_a_configuration_that_is_not_there_is_refused(home):
    done = install("systemd", "--user", "--config", str(home / "gone.yaml"))
    assert isinstance(done.exception, InputNotFoundError)


def test_a_token_is_shown_once_and_kept_as_its_digest():
    import hashlib

    lines = CliRunner().invoke(app, ["service", "token", "lab", "--scope", "admin", "--print"]).stdout.splitlines()
    secret = lines[1].strip()
    assert hashlib.sha256(secret.encode()).hexdigest() in lines[-1]
    assert secret not in lines[-1]
    assert "scopes: [admin]" in lines[-1]
