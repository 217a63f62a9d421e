"""`neuropose-ray errors`: what error codes mean, where they come from, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.errors import SettingsError, error_catalogue

if TYPE_CHECKING:
    from rich.console import Console

    from neuropose_ray.errors import ErrorEntry


def errors(
    code: Annotated[
        str | None, typer.Argument(help="An error code. [default: all of them]", show_default=False)
    ] = None,
) -> None:
    """Explain error codes: meaning, cause and remedy.

    Codes stand in the answers of the service, in jobs that failed, in summary.json, and in `code` of Python's
    exceptions. The service shows the same page at /docs/errors.

    For example: neuropose-ray errors video_decode
    """
    from rich.console import Console

    catalogue = {entry.code: entry for entry in error_catalogue()}
    if code is not None and code not in catalogue:
        raise SettingsError(f"there is no error code {code!r}", hint=_suggestion(code, list(catalogue)))
    console = Console(highlight=False)
    for number, entry in enumerate(catalogue.values() if code is None else [catalogue[code]]):
        if number:
            console.print()
        _print(console, entry)


def _print(console: Console, entry: ErrorEntry) -> None:
    again = "  (trying again can help)" if entry.retryable else ""
    console.print(f"[bold]{entry.code}[/]{again}")
    for label, text in (("meaning", entry.meaning), ("cause", entry.cause), ("remedy", entry.remedy)):
        console.print(f"  {label:8}{text}", markup=False)


def _suggestion(code: str, codes: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(code, codes, 3)
    return f"did you mean {' or '.join(near)}" if near else "neuropose-ray errors lists all of them"
