"""`neuropose-ray service token|tokens|revoke`: who may use the service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.service_options import Config, Data, data_folder, service_settings
from neuropose_ray.errors import SettingsError

if TYPE_CHECKING:
    from neuropose_ray.service import Scope

Name = Annotated[str, typer.Argument(help="Of a person or program; jobs and the audit log have it.")]


def token(
    name: Name,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help="read, submit, or admin, which includes both and all jobs; several times for several. "
            "[default: read, submit]",
        ),
    ] = None,
    days: Annotated[float | None, typer.Option(help="Days until it expires. [default: never]")] = None,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print it for the settings of a cluster; change no file.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a token, print it once, and let the service of the data folder accept it from now on.

    It takes the place of an earlier token of the same name. Of the token itself only a digest is kept.

    Example: neuropose-ray service token anna --days 90
    """
    from neuropose_ray.service import add_token, new_token

    expires_at = None if days is None else _in_days(days)
    secret, made = new_token(name, frozenset(_scope(text) for text in scope or ("read", "submit")), expires_at)
    if only_print:
        expiry = "" if expires_at is None else f", expires_at: '{expires_at.isoformat()}'"
        typer.echo(f"token, for `Authorization: Bearer ...`:\n  {secret}\n")
        typer.echo("for the settings of the service:\n  service:\n    tokens:")
        scopes = ", ".join(sorted(made.scopes))
        typer.echo(f"      - {{name: {name!r}, sha256: {made.sha256}, scopes: [{scopes}]{expiry}}}")
        return
    folder = data_folder(service_settings(config, data))
    folder.create()
    add_token(folder.tokens, made)
    typer.echo(secret)
    typer.echo(f"in force at once, by {folder.tokens}; send it as `Authorization: Bearer ...`, or set", err=True)
    typer.echo("NEUROPOSE_TOKEN for the commands of neuropose-ray. It is not shown again.", err=True)


def tokens(data: Data = None, config: Config = None) -> None:
    """List the tokens of the data folder and of the settings."""
    from neuropose_ray.service import read_tokens

    settings = service_settings(config, data)
    known = (*settings.tokens, *(read_tokens(data_folder(settings).tokens) or ()))
    if not known:
        typer.echo("no tokens: the service answers this machine alone")
    now = datetime.now(UTC)
    for token in known:
        if token.expires_at is None:
            until = ""
        else:
            verb = "expired" if token.has_expired(now) else "expires"
            until = f", {verb} {token.expires_at.astimezone():%Y-%m-%d %H:%M}"
        typer.echo(f"{token.name}: {', '.join(sorted(token.scopes))}{until}")


def revoke(name: Name, data: Data = None, config: Config = None) -> None:
    """Refuse a token from now on; its jobs stay, and belong to the next token of this name.

    Example: neuropose-ray service revoke anna
    """
    from neuropose_ray.service import revoke_token

    folder = data_folder(service_settings(config, data))
    if not revoke_token(folder.tokens, name):
        raise SettingsError("there is no token of this name", where=str(folder.tokens), hint="see `service tokens`")
    typer.echo(f"{name} is refused from now on")


def _scope(text: str) -> Scope:
    from neuropose_ray.service import SCOPES

    for scope in SCOPES:
        if scope == text:
            return scope
    raise typer.BadParameter(f"{text!r} is not one of {', '.join(SCOPES)}")


def _in_days(days: float) -> datetime:
    try:
        return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
    except (OverflowError, ValueError) as error:
        raise SettingsError(f"{days:g} days cannot be counted", where="--days", hint="such as 90") from error
