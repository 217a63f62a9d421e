"""The options by which commands choose a person where several are seen."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from neuropose_ray.errors import SettingsError

if TYPE_CHECKING:
    from neuropose_ray.analysis import PersonRule


class Person(StrEnum):
    """How a person is chosen."""

    LONGEST = "longest"
    LARGEST = "largest"
    MOST_MOVING = "most-moving"
    NEAREST_CENTRE = "nearest-centre"
    ALL = "all"


Track = Annotated[int | None, typer.Option("--track", help="A person by track id. [default: by --person]")]
#: Help of the option ``--person``; commands that make something of each person add what they make of all.
PERSON_HELP = "Who, where several are seen."


def person_option(text: str, *, by_number: str | None = "--track") -> Any:
    """The option ``--person`` of a command.

    Args:
        text: its help.
        by_number: the option by which the command takes a person's number instead; None where it takes none.
    """

    def parse(word: str) -> Person:
        try:
            return Person(word)
        except ValueError:
            hint = f"; {by_number} takes a person's number" if word.isdecimal() and by_number is not None else ""
            raise typer.BadParameter(f"{word!r} is not one of {', '.join(Person)}{hint}") from None

    return typer.Option(
        "--person", help=text, parser=parse, metavar=f"[{'|'.join(Person)}]", autocompletion=lambda: list(Person)
    )


def require_one_choice(track: int | None, person: Person) -> None:
    """Refuse two choices of a person that contradict each other.

    Raises:
        SettingsError: a track is named and a rule is given.
    """
    if track is not None and person is not Person.LONGEST:
        raise SettingsError("give either --track or --person")


def one_person(person: Person, command: str) -> PersonRule:
    """The rule by which a command chooses one person.

    Args:
        person: what was asked for.
        command: for the message.

    Raises:
        SettingsError: everybody was asked for.
    """
    if person is Person.ALL:
        raise SettingsError(f"--person all: {command} takes one person", hint="choose one, such as --person largest")
    return cast("PersonRule", person.value)
