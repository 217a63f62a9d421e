"""Commands that are imported when they are asked for: what all of them need takes over a second to load."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import cache, partial
from importlib import import_module
from inspect import getdoc
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

#: Beyond it neither a count nor a size is, and some of the system's own functions take no more.
_TOO_LARGE = 2**63


class CommandRef(NamedTuple):
    """Where a command is.

    Attributes:
        module: of this package.
        attribute: in it, a function that is the command, or a :class:`typer.Typer` with several below it.
        panel: of the help that lists it, None for the first one.
    """

    module: str
    attribute: str
    panel: str | None = None


def lazy_group(references: Mapping[str, CommandRef]) -> type[TyperGroup]:
    """A group for :class:`typer.Typer`; a command is imported alone, a list of them without their options.

    Args:
        references: the commands by their names, in the order of the help.
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = _Commands(references)  # type: ignore[assignment]  # nobody adds one later

        def format_help(self, ctx: Any, formatter: Any) -> None:
            listing = copy(self)
            listing.commands = {name: _outline(name, reference) for name, reference in references.items()}
            super(LazyGroup, listing).format_help(ctx, formatter)

    return LazyGroup


class _Commands(Mapping[str, Any]):
    def __init__(self, references: Mapping[str, CommandRef]) -> None:
        self._references = references

    def __getitem__(self, name: str) -> Any:
        return _imported(name, self._references[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)


def _target(reference: CommandRef) -> Any:
    return getattr(import_module(f"{__package__}.{reference.module}"), reference.attribute)


def _outline(name: str, reference: CommandRef) -> TyperCommand:
    """What a list of commands shows of one: building all their options takes a third of the time of a help."""
    target = _target(reference)
    text = target.info.help if isinstance(target, typer.Typer) else getdoc(target)
    return TyperCommand(name, help=text, rich_help_panel=reference.panel)


@cache
def _imported(name: str, reference: CommandRef) -> Any:
    """The command as Typer makes it of a group that has no other."""
    target = _target(reference)
    group = typer.Typer(rich_markup_mode="markdown")
    group.callback()(lambda: None)
    if isinstance(target, typer.Typer):
        group.add_typer(target, name=name, rich_help_panel=reference.panel)
    else:
        group.command(name, rich_help_panel=reference.panel)(target)
    command = get_group(group).commands[name]
    _refuse_what_does_not_count(command)
    return command


def _refuse_what_does_not_count(command: Any) -> None:
    """Let no option of a command take a number without an end, or none: they pass every ``min`` and ``max``."""
    for parameter in command.params:
        parameter.callback = partial(_counted, parameter.callback)
    for below in getattr(command, "commands", {}).values():
        _refuse_what_does_not_count(below)


def _counted(callback: Callable[..., Any] | None, context: Any, parameter: Any, value: Any) -> Any:
    for number in value if isinstance(value, list | tuple) else [value]:
        if isinstance(number, float) and not math.isfinite(number):
            raise typer.BadParameter(f"{number} is not a number that counts", context, parameter)
        if isinstance(number, int) and abs(number) >= _TOO_LARGE:
            raise typer.BadParameter(f"{number} is too large", context, parameter)
    return value if callback is None else callback(context, parameter, value)
