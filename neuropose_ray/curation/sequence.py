"""The order of numbered pictures: by their numbers, with what is missing and what comes twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

from neuropose_ray.curation.settings import IngestSettings
from neuropose_ray.errors import InputError, SettingsError

#: How a sequence with faults is measured all the same.
_LENIENT = "complete the folder, or give --no-strict (ingest.strict_sequence: false)"
#: Names that a sentence lists before it only counts the rest.
_LISTED = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that no picture has, the first and the last of them."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FrameSequence:
    """Pictures in the order of their numbers.

    Attributes:
        names: file names, ``image_2.jpg`` before ``image_10.jpg``.
        numbers: the number of each, strictly ascending.
        gaps: numbers missing between the first and the last.
        doubles: names left out because an earlier name has the same number.
        unnumbered: names that the pattern does not take.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    gaps: tuple[Gap, ...] = ()
    doubles: tuple[str, ...] = ()
    unnumbered: tuple[str, ...] = ()

    def problems(self) -> tuple[str, ...]:
        """A sentence about each kind of fault; none where the sequence is without gaps and doubles."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.gaps:
            missing = sum(gap.last - gap.first + 1 for gap in self.gaps)
            spans = [f"{gap.first}" if gap.first == gap.last else f"{gap.first} to {gap.last}" for gap in self.gaps]
            of = f"of {self.numbers[0]} to {self.numbers[-1]}"
            numbers = "1 number" if missing == 1 else f"{missing} numbers"
            yield f"{numbers} {of} {_are(missing)} missing ({_listed(spans)})."
        if doubles := len(self.doubles):
            repeat = "1 picture repeats" if doubles == 1 else f"{doubles} pictures repeat"
            yield f"{repeat} a number and {_are(doubles)} left out ({_listed(self.doubles)})."
        if unnumbered := len(self.unnumbered):
            have = "1 picture has" if unnumbered == 1 else f"{unnumbered} pictures have"
            yield f"{have} no number and {_are(unnumbered)} left out ({_listed(self.unnumbered)})."

    def require_strict(self, where: str) -> None:
        """Refuse a sequence with gaps, doubles, or pictures without a number.

        Raises:
            InputError: it has one; the line names them all.
        """
        if problems := self.problems():
            what = " ".join(problems).removesuffix(".")
            raise InputError(what, where=where, hint=_LENIENT)


def sequence_of(names: Iterable[str], settings: IngestSettings, where: str) -> FrameSequence:
    """The pictures of a folder in their order.

    Args:
        names: file names, in any order.
        settings: the pattern of a name without its extension, with a group ``number`` and perhaps ``prefix``.
        where: the folder, for errors.

    Raises:
        InputError: no name has a number, or there are several series.
        SettingsError: the pattern is not a regular expression with a group ``number``.
    """
    pattern = _pattern(settings.pattern)
    series: dict[str, list[tuple[int, str]]] = defaultdict(list)
    unnumbered = []
    for name in sorted(names):
        match = pattern.fullmatch(PurePath(name).stem)
        if match is None or not match["number"].isdecimal():
            unnumbered.append(name)
        else:
            series[match.groupdict().get("prefix") or ""].append((int(match["number"]), name))
    if not series:
        raise InputError(
            "no picture has a number before its extension", where=where, hint="name them image_0, image_1, ..."
        )
    if len(series) > 1:
        raise InputError(
            f"the folder holds {len(series)} series of pictures ({_listed([repr(prefix) for prefix in series])})",
            where=where,
            hint="put each series into a folder of its own",
        )
    first: dict[int, str] = {}
    doubles = []
    for number, name in sorted(next(iter(series.values()))):
        if first.setdefault(number, name) is not name:
            doubles.append(name)
    numbers = tuple(first)
    gaps = tuple(Gap(before + 1, after - 1) for before, after in pairwise(numbers) if after > before + 1)
    return FrameSequence(tuple(first.values()), numbers, gaps, tuple(doubles), tuple(unnumbered))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text, re.DOTALL)
    except re.error as error:
        raise SettingsError(f"not a regular expression: {error}", where="ingest.pattern") from error
    if "number" not in pattern.groupindex:
        hint = r"write (?P<number>\d+) where the number is"
        raise SettingsError("the expression has no group 'number'", where="ingest.pattern", hint=hint)
    return pattern


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _listed(names: Iterable[str]) -> str:
    (*listed,) = names
    rest = len(listed) - _LISTED
    return ", ".join(listed[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
