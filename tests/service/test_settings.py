"""What may be set of the service, and what may not; files, environment and flags are in tests/test_settings.py."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from neuropose_ray.errors import SettingsError
from neuropose_ray.schemas.jobs import STANDARD_NAME
from neuropose_ray.service.settings import (
    SCOPES,
    HttpLimits,
    InboxSettings,
    JobSettings,
    PoseReplicaSettings,
    ServiceSettings,
    Token,
    UploadSettings,
    default_data_dir,
    load_settings,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def token(**changes):
    return Token(**{"name": "lab", "sha256": "0a" * 32, "scopes": {"read"}, **changes})


def test_data_lie_where_the_desktop_puts_them(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / "neuropose-ray"
    for unset in ("", None):
        monkeypatch.setenv("XDG_DATA_HOME", unset) if unset is not None else monkeypatch.delenv("XDG_DATA_HOME")
        assert default_data_dir() == Path.home() / ".local" / "share" / "neuropose-ray"


def test_by_default_nobody_else_on_the_network_reaches_the_service_and_nothing_is_fetched():
    settings = ServiceSettings()
    assert settings.host == "127.0.0.1"
    assert settings.tokens == ()
    assert (settings.uploads.roots, settings.uploads.hosts) == ((), ())
    assert not settings.uploads.http
    assert not settings.uploads.private_networks
    assert STANDARD_NAME in settings.jobs.workflows
    assert settings.inbox.workflow in settings.jobs.workflows


@pytest.mark.parametrize("name", ["lab", "Anna O'Brien", "robot-1", "a.b@c+d, e", "é" * 60])
def test_names_of_tokens_are_those_of_people_and_programs(name):
    assert token(name=name).name == name


@pytest.mark.parametrize(
    "name", ["", " lab", "-x", "_x", "a" * 61, "two\nlines", "a;b", "local", "Anybody", "INBOX", "a/b", "lab\n"]
)
def test_other_names_are_refused(name):
    with pytest.raises(ValidationError):
        token(name=name)


@pytest.mark.parametrize("sha256", ["", "0a" * 31, "0A" * 32, "0a" * 33, "g" * 64])
def test_a_token_is_known_by_the_digest_of_its_secret(sha256):
    with pytest.raises(ValidationError):
        token(sha256=sha256)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({"read"}, {"read"}), ({"submit"}, {"submit"}), ({"read", "submit"}, {"read", "submit"}),
        ({"admin"}, set(SCOPES)),
    ],
)  # fmt: skip
def test_an_administrator_may_all_and_others_what_they_were_given(scopes, allowed):
    assert {scope for scope in SCOPES if token(scopes=scopes).allows(scope)} == allowed


@pytest.mark.parametrize("scopes", [set(), {"write"}])
def test_a_token_has_a_scope_that_there_is(scopes):
    with pytest.raises(ValidationError):
        token(scopes=scopes)


def test_a_token_is_in_force_until_its_moment():
    assert not token().has_expired(NOW)
    limited = token(expires_at=NOW)
    assert not limited.has_expired(NOW - timedelta(microseconds=1))
    assert limited.has_expired(NOW)
    with pytest.raises(ValidationError):
        token(expires_at=NOW.replace(tzinfo=None))


def test_the_secret_of_a_database_is_in_no_message():
    url = "postgresql://user:hidden@host/name"
    settings = load_settings(None, {"service": {"jobs": {"database_url": url}}}, environment={})
    assert settings.service.jobs.database_url.get_secret_value() == url
    assert "hidden" not in repr(settings)
    assert "hidden" not in settings.model_dump_json()


@pytest.mark.parametrize(
    "section",
    [
        {"port": 0}, {"port": 65536}, {"nothing": 1}, {"pose": {"min_replicas": 0}}, {"pose": {"max_replicas": 0}},
        {"pose": {"batch_wait_s": -1}}, {"jobs": {"running": 0}}, {"jobs": {"keep_days": 0}},
        {"uploads": {"max_duration_s": 0}}, {"http": {"header_bytes": 10}}, {"http": {"requests_per_s": 0}},
    ],
)  # fmt: skip
def test_numbers_that_make_no_service_are_refused(section):
    with pytest.raises(ValidationError):
        ServiceSettings.model_validate(section)


def test_no_time_is_longer_than_a_system_can_wait():
    own = (JobSettings, InboxSettings, HttpLimits, PoseReplicaSettings, UploadSettings)
    fields = [(kind, name, field.annotation) for kind in own for name, field in kind.model_fields.items()]
    names = [
        (kind, name)
        for kind, name, annotation in fields
        if float in (annotation, *get_args(annotation)) and name.endswith(("_s", "_days")) and "_per_s" not in name
    ]
    assert len(names) >= 10
    for kind, name in names:
        for wrong in (math.inf, math.nan, 1e10, 1e300):
            with pytest.raises(ValidationError):
                kind.model_validate({name: wrong})


def test_the_home_of_nobody_is_no_data_folder():
    with pytest.raises(SettingsError, match="whom this machine does not know"):
        load_settings(None, {"service": {"data_dir": "~nobody-of-this-name/x"}}, {})
