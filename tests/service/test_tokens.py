"""Tokens are changed while the service runs, expire, and are never lost by a damaged file."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.service.settings import Token
from neuropose_ray.service.tokens import TokenStore, add_token, new_token, read_tokens, revoke_token

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def store(path: Path, *declared: Token, now: datetime = NOON) -> TokenStore:
    return TokenStore(declared, path, now=lambda: now, look_s=0.0)


def made(name: str = "lab", *scopes: str, expires_at: datetime | None = None) -> tuple[str, Token]:
    return new_token(name, frozenset(scopes or ("read",)), expires_at)


def test_without_a_declared_token_and_a_file_none_is_needed(tmp_path: Path):
    tokens = store(tmp_path / "tokens.json")
    assert not tokens.are_needed()
    assert tokens.token_of("anything") is None


def test_a_token_is_in_force_as_soon_as_it_is_in_the_file_and_refused_as_soon_as_it_is_not(tmp_path: Path):
    file = tmp_path / "tokens.json"
    tokens, (secret, token) = store(file), made()
    assert not tokens.are_needed()
    add_token(file, token)
    assert tokens.are_needed()
    assert tokens.token_of(secret) == token
    assert tokens.token_of(secret + "a") is None
    assert revoke_token(file, "lab")
    assert tokens.token_of(secret) is None
    assert tokens.are_needed()  # the last token's end does not open the service to everybody on this machine
    assert not revoke_token(file, "lab")


def test_declared_tokens_and_those_of_the_file_count_alike(tmp_path: Path):
    (first, declared), (second, kept) = made("declared"), made("kept")
    tokens = store(tmp_path / "tokens.json", declared)
    assert tokens.are_needed()
    add_token(tmp_path / "tokens.json", kept)
    assert (tokens.token_of(first), tokens.token_of(second)) == (declared, kept)


def test_a_token_expires_to_the_second(tmp_path: Path):
    secret, token = made(expires_at=NOON)
    file = tmp_path / "tokens.json"
    assert store(file, token, now=NOON - timedelta(seconds=1)).token_of(secret) == token
    assert store(file, token, now=NOON).token_of(secret) is None
    assert store(file, token, now=NOON).are_needed()


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(SettingsError, match="expires_at"):
        made(expires_at=datetime(2030, 1, 1))  # noqa: DTZ001


def test_admin_includes_the_other_scopes():
    assert all(made("a", "admin")[1].allows(scope) for scope in ("read", "submit", "admin"))
    assert [made("a", "submit")[1].allows(scope) for scope in ("read", "submit", "admin")] == [False, True, False]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tokens": [{"name": "a"}]}', '{"tokens": [], "more": 1}'])
def test_a_damaged_file_leaves_the_tokens_as_they_were_and_never_opens_the_service(tmp_path: Path, content, caplog):
    file, (secret, token) = tmp_path / "tokens.json", made()
    add_token(file, token)
    tokens = store(file)
    assert tokens.token_of(secret) == token
    file.write_text(content)
    assert tokens.token_of(secret) == token
    assert "stay as they were" in caplog.text
    assert store(file).are_needed()
    with pytest.raises(SettingsError, match="not a file of tokens"):
        read_tokens(file)
    with pytest.raises(SettingsError, match="not a file of tokens"):
        add_token(file, token)
    assert file.read_text() == content


def test_tokens_made_at_the_same_time_are_all_kept_and_for_their_owner_alone(tmp_path: Path):
    file = tmp_path / "tokens.json"
    threads = [threading.Thread(target=add_token, args=(file, made(f"t{number}")[1])) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {token.name for token in read_tokens(file)} == {f"t{number}" for number in range(8)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["a", "x" * 60, "é" * 60, "the lab's, 2", "李"])
def test_names_of_people_are_taken(name: str):
    assert made(name)[1].name == name


@pytest.mark.parametrize("name", ["", "x" * 61, "é" * 61, " a", "_a", "a\n", "a/b", "local", "Inbox"])
def test_what_names_nobody_is_refused(name: str):
    with pytest.raises(SettingsError):
        made(name)
