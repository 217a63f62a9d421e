"""The commands that make, list and revoke tokens of the service."""

import hashlib
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from neuropose_ray.cli.main import app
from neuropose_ray.errors import SettingsError
from neuropose_ray.service.tokens import read_tokens
from neuropose_ray.settings import load_settings


def ask(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["service", *map(str, words)])


def test_a_token_is_printed_once_and_kept_as_its_digest_in_a_file_of_its_owner(tmp_path: Path):
    done = ask("token", "the lab's", "--scope", "read", "--scope", "admin", "--days", "30", "--data", tmp_path)
    assert done.exit_code == 0
    secret = done.stdout.strip()
    file = tmp_path / "tokens.json"
    (token,) = read_tokens(file)
    assert secret not in file.read_text()
    assert token.sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert (token.name, token.scopes) == ("the lab's", {"read", "admin"})
    assert abs(token.expires_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=10)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(secret) >= 43  # 256 bits


def test_settings_for_a_cluster_are_printed_and_no_file_is_changed(tmp_path: Path):
    done = ask("token", "lab", "--print", "--days", "1", "--data", tmp_path / "data")
    secret = done.output.splitlines()[1].strip()
    settings = done.output[done.output.index("  service:") :]
    assert secret not in settings
    (tmp_path / "settings.yaml").write_text(settings)
    (token,) = load_settings(tmp_path / "settings.yaml", {}, environment={}).service.tokens
    assert token.sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert (token.name, token.scopes) == ("lab", {"read", "submit"})
    assert not (tmp_path / "data").exists()


def test_tokens_are_listed_with_their_expiry_and_revoked(tmp_path: Path):
    assert "answers this machine alone" in ask("tokens", "--data", tmp_path).stdout
    ask("token", "anna", "--days", "2", "--data", tmp_path)
    ask("token", "ben", "--scope", "admin", "--data", tmp_path)
    ask("token", "late", "--days", "-1", "--data", tmp_path)
    lines = ask("tokens", "--data", tmp_path).stdout.splitlines()
    assert re.fullmatch(r"anna: read, submit, expires \d{4}-\d\d-\d\d \d\d:\d\d", lines[0])
    assert lines[1] == "ben: admin"
    assert lines[2].startswith("late: read, submit, expired ")
    assert ask("revoke", "anna", "--data", tmp_path).exit_code == 0
    assert [token.name for token in read_tokens(tmp_path / "tokens.json")] == ["ben", "late"]
    assert isinstance(ask("revoke", "anna", "--data", tmp_path).exception, SettingsError)


def test_a_new_token_takes_the_place_of_one_of_its_name(tmp_path: Path):
    first, second = (ask("token", "lab", "--data", tmp_path).stdout for _ in range(2))
    assert first != second
    (token,) = read_tokens(tmp_path / "tokens.json")
    assert token.sha256 == hashlib.sha256(second.strip().encode()).hexdigest()


@pytest.mark.parametrize("name", ["local", "Inbox", "anybody", "", "a" * 61, "a\nb", "../x", "a/b", "{}"])
def test_a_name_that_cannot_be_told_apart_or_logged_is_refused(name: str, tmp_path: Path):
    assert isinstance(ask("token", name, "--data", tmp_path).exception, SettingsError)
    assert not (tmp_path / "tokens.json").exists()


def test_an_unknown_scope_is_refused(tmp_path: Path):
    done = ask("token", "lab", "--scope", "write", "--data", tmp_path)
    assert done.exit_code == 2
    assert "'write' is not one of read, submit, admin" in done.output


def test_days_beyond_the_calendar_are_refused(tmp_path: Path):
    assert isinstance(ask("token", "lab", "--days", "1e12", "--data", tmp_path).exception, SettingsError)
