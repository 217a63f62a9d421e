"""Ray's token: whoever has it may run any code on a Ray, as the user who started that Ray."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

from neuropose_ray.errors import OutputError

#: Ray's own variables; what a user has set in them is never changed.
MODE_VARIABLE, TOKEN_VARIABLE, PATH_VARIABLE = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
_BYTES = 32
_REFUSALS = ("authentication token", "unauthenticated", "unauthorized", "invalidauthtoken", "token authentication")


def use_token_file(path: Path, environment: MutableMapping[str, str] | None = None) -> None:
    """Make a Ray that this process is about to start ask for a token that a file keeps, for this user alone.

    Ray itself would write one into the user's home with the permissions that the umask leaves. A token or a mode that
    the user has chosen is left, and the permissions of a token file that was chosen are set right.

    Args:
        path: the token's file; made where it is missing.
        environment: of this process.

    Raises:
        OutputError: the file cannot be made, or is another user's.
    """
    environment = os.environ if environment is None else environment
    if environment.get(MODE_VARIABLE, "token").lower() != "token" or TOKEN_VARIABLE in environment:
        return
    chosen = environment.setdefault(PATH_VARIABLE, str(path))
    try:
        _make_private(Path(chosen))
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(reason, where=chosen, hint="the token must be a file of this user alone") from error


def use_passing_token(environment: MutableMapping[str, str] | None = None) -> None:
    """Make a Ray that this process is about to start, and to end, ask for a token that is written nowhere.

    Args:
        environment: of this process; processes that it starts inherit the token.
    """
    environment = os.environ if environment is None else environment
    chosen = (TOKEN_VARIABLE, PATH_VARIABLE)
    if environment.get(MODE_VARIABLE, "token").lower() == "token" and not any(name in environment for name in chosen):
        environment[TOKEN_VARIABLE] = secrets.token_hex(_BYTES)


def refusal_hint(error: BaseException, *, has_token: bool | None = None) -> str | None:
    """What to do where a Ray refused a connection for want of its token, None where the reason is another.

    Args:
        error: what Ray raised.
        has_token: whether this user has a token; None looks for it.
    """
    text = " ".join(f"{type(cause).__name__}: {cause}" for cause in _causes(error)).lower()
    if not any(refusal in text for refusal in _REFUSALS):
        return None
    if user_has_token() if has_token is None else has_token:
        return (
            f"this Ray asks for another token: put it into {TOKEN_VARIABLE} or its file into {PATH_VARIABLE}, "
            f"with {MODE_VARIABLE}=token"
        )
    return (
        f"this Ray asks for a token: set {MODE_VARIABLE}=token and {TOKEN_VARIABLE}, or {PATH_VARIABLE} to its file; "
        "`ray get-auth-token` prints it where the Ray runs"
    )


def user_has_token() -> bool:
    """Whether Ray would find a token of this user, if it looked for one."""
    path = os.environ.get(PATH_VARIABLE) or Path.home() / ".ray" / "auth_token"
    return bool(os.environ.get(TOKEN_VARIABLE)) or Path(path).is_file()


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    passed: set[int] = set()  # Ray raises some errors from themselves
    while error is not None and id(error) not in passed:
        yield error
        passed.add(id(error))
        error = error.__cause__ or error.__context__
