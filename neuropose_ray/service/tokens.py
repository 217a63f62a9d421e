"""Tokens of the service: those of its settings, and those of a file that commands change while it runs."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from neuropose_ray.errors import OutputError, SettingsError
from neuropose_ray.faults import faults
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.service.inbox import held_lock
from neuropose_ray.service.settings import Scope, Token

logger = logging.getLogger("ray.serve")

#: Between two looks at the file: a revoked token is refused within this time.
LOOK_S = 1.0
_HINT = "correct the file, or remove it and make new tokens with `neuropose-ray service token`"


class TokenFile(FrozenModel):
    """The content of the file."""

    tokens: tuple[Token, ...] = ()


def read_tokens(path: Path) -> tuple[Token, ...] | None:
    """The tokens of a file, also those that have expired; None where there is no file.

    Raises:
        SettingsError: it cannot be read, or is no file of tokens.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(error.strerror or str(error), where=str(path), hint=_HINT) from error
    try:
        return TokenFile.model_validate_json(content).tokens
    except ValidationError as error:
        raise SettingsError("not a file of tokens", where=str(path), hint=_HINT) from error


def new_token(name: str, scopes: frozenset[Scope], expires_at: datetime | None) -> tuple[str, Token]:
    """Make a token: the secret, which is kept nowhere, and what the service knows of it.

    Raises:
        SettingsError: the name or the time cannot be used.
    """
    secret = secrets.token_urlsafe(32)
    try:
        token = Token(name=name, sha256=digest_of(secret), scopes=scopes, expires_at=expires_at)
    except ValidationError as error:
        raise SettingsError("; ".join(faults(error, Token)), where="token", hint="choose another one") from error
    return secret, token


def add_token(path: Path, token: Token) -> None:
    """Add a token to the file, in place of an earlier one of the same name; the file is for its owner alone.

    Raises:
        SettingsError: the file is damaged.
        OutputError: it cannot be written.
    """
    with held_lock(_lock_of(path), wait_s=10.0):
        kept_tokens = [kept for kept in read_tokens(path) or () if kept.name != token.name]
        _write(path, (*kept_tokens, token))


def revoke_token(path: Path, name: str) -> bool:
    """Remove a token from the file; False where there is none of this name.

    A file without tokens stays: the service goes on to ask for one.

    Raises:
        SettingsError: the file is damaged.
        OutputError: it cannot be written.
    """
    with held_lock(_lock_of(path), wait_s=10.0):
        tokens = read_tokens(path) or ()
        left = tuple(token for token in tokens if token.name != name)
        if len(left) < len(tokens):
            _write(path, left)
        return len(left) < len(tokens)


def _lock_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _write(path: Path, tokens: tuple[Token, ...]) -> None:
    with atomic_write(path) as file:
        try:
            Path(file.name).chmod(0o600)
        except OSError as error:
            raise OutputError(error.strerror or str(error), where=str(path)) from error
        file.write(TokenFile(tokens=tokens).model_dump_json(indent=2).encode())


def digest_of(secret: str) -> str:
    """The SHA-256 of a token, in hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class TokenStore:
    """The tokens that are in force now.

    Args:
        declared: in the settings.
        path: of the file.
        now: the clock.
        look_s: seconds between two looks at the file.
    """

    def __init__(
        self,
        declared: tuple[Token, ...],
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_s: float = LOOK_S,
    ) -> None:
        self._declared, self._path, self._now, self._look_s = declared, path, now, look_s
        self._looked_at, self._version = float("-inf"), ""
        self._in_file: tuple[Token, ...] | None = None

    def are_needed(self) -> bool:
        """Whether callers need a token: one was declared, or there is a file, whatever is in it."""
        self._look()
        return bool(self._declared) or self._in_file is not None

    def token_of(self, secret: str) -> Token | None:
        """The token of a secret; None where there is none, or it has expired.

        The time that it takes says nothing of the tokens.
        """
        self._look()
        digest, match = digest_of(secret), None
        for token in (*self._declared, *(self._in_file or ())):
            if hmac.compare_digest(digest, token.sha256):
                match = token
        return None if match is None or match.has_expired(self._now()) else match

    def _look(self) -> None:
        """Read the file again where it has changed. A damaged one changes nothing, and the log says so."""
        if time.monotonic() - self._looked_at < self._look_s:
            return
        self._looked_at = time.monotonic()
        version = self._version_of_file()
        if version == self._version:
            return
        self._version = version
        try:
            self._in_file = read_tokens(self._path)
        except SettingsError as error:
            logger.error("the tokens stay as they were: %s", error)
            self._in_file = self._in_file or ()

    def _version_of_file(self) -> str:
        try:
            status = self._path.stat()
        except OSError as error:
            return type(error).__name__
        return f"{status.st_ino} {status.st_mtime_ns} {status.st_size}"
