"""Units that systemd and launchd accept."""

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray.cli.main import EXIT_USAGE
from neuropose_ray.cli.service import app
from neuropose_ray.errors import SettingsError
from neuropose_ray.service.manifests import Deployment
from neuropose_ray.service.units import ServiceUnit, serve_command

AWKWARD = Path('/srv/trials of "100%" $HOME')


def unit(user: str | None = None) -> ServiceUnit:
    return ServiceUnit((sys.executable, "-c", "pass; $x", "serve"), AWKWARD, AWKWARD / "service.log", user)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("user", [None, "root"])
def test_systemd_finds_no_fault(user: str | None, tmp_path: Path):
    place = tmp_path / "neuropose-ray.service"
    place.write_text(unit(user).systemd())
    scope = ["--user"] if user is None else []
    done = subprocess.run(["systemd-analyze", "verify", *scope, str(place)], capture_output=True, text=True)
    assert "neuropose-ray" not in done.stderr


def test_the_unit_of_the_system_has_an_account_and_that_of_a_user_has_none():
    assert "User=lab\n" in unit("lab").systemd()
    assert "WantedBy=multi-user.target" in unit("lab").systemd()
    assert "User=" not in unit().systemd()
    assert "WantedBy=default.target" in unit().systemd()


def test_a_service_that_is_lost_is_started_again_and_one_with_a_wrong_setting_is_not():
    text = unit().systemd()
    assert "Restart=on-failure\n" in text
    assert f"RestartPreventExitStatus={EXIT_USAGE}\n" in text


def test_paths_with_spaces_percents_quotes_and_dollars_survive():
    text = unit().systemd()
    assert r'Environment="NEUROPOSE_SERVICE__DATA_DIR=/srv/trials of \"100%%\" $HOME"' in text
    assert '"pass; $$x"' in text


def test_the_property_list_is_one_and_has_absolute_paths():
    plist = plistlib.loads(unit("lab").launchd())
    assert plist["EnvironmentVariables"]["NEUROPOSE_SERVICE__DATA_DIR"] == str(AWKWARD)
    assert plist["UserName"] == "lab"
    assert plist["KeepAlive"] == {"SuccessfulExit": False}
    assert "UserName" not in plistlib.loads(unit().launchd())


def test_the_command_is_that_of_this_python(tmp_path: Path):
    command = serve_command(tmp_path / "settings.yaml")
    assert Path(command[0]).is_absolute()
    assert command[-2:] == ("--config", str(tmp_path / "settings.yaml"))


def test_install_writes_the_unit_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    cli = typer.Typer()
    cli.add_typer(app, name="service")
    options = ["--user", "--data", str(tmp_path / "data")]
    printed = CliRunner().invoke(cli, ["service", "install", "systemd", "--print", *options])
    assert f"NEUROPOSE_SERVICE__DATA_DIR={tmp_path / 'data'}" in printed.stdout
    assert not (tmp_path / "data").exists()
    done = CliRunner().invoke(cli, ["service", "install", "systemd", *options])
    assert "systemctl --user enable --now neuropose-ray" in done.stdout
    assert (tmp_path / ".config/systemd/user/neuropose-ray.service").read_text() == printed.stdout.removesuffix("\n")


@pytest.mark.parametrize("letter", ["\n", "\r", "\x00", "\x01", "\x1b", "\x7f", "\udcff"])
def test_what_would_end_a_line_or_cannot_be_written_is_refused(letter: str):
    data = Path(f"/srv/a{letter}ExecStartPre=b")
    for make in (
        lambda: ServiceUnit(("serve",), data, Path("/log"), None),
        lambda: ServiceUnit(("serve",), Path("/srv"), data, None),
        lambda: ServiceUnit(("serve",), Path("/srv"), Path("/log"), f"a{letter}b"),
        lambda: ServiceUnit(("serve", str(data)), Path("/srv"), Path("/log"), None),
        lambda: Deployment(image=f"lab{letter}RUN true"),
        lambda: Deployment(config=str(data)),
        lambda: Deployment(model=f"x{letter}y"),
    ):
        with pytest.raises(SettingsError, match="no file for a service manager"):
            make()
