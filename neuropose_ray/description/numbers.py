"""Whether the numbers of a text are those of an analysis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from neuropose_ray.description.findings import Finding
from neuropose_ray.description.values import Amount, Count, Quotation, Value

#: Digits with or without a decimal mark; a sign before them belongs to them unless it joins two words or numbers.
_NUMBER = re.compile(r"(?<![\w.,])([-\N{MINUS SIGN}]?)(\d+(?:[.,]\d+)*)(?!\w)|(\d+(?:[.,]\d+)*)")
#: Numbers that are written as words, in the languages that descriptions have.
_WORDS = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "hundred": 100, "half": 0.5, "twice": 2, "double": 2,
    "null": 0, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "elf": 11, "zwölf": 12, "zwanzig": 20, "hundert": 100, "doppelt": 2,
}  # fmt: skip


def numbers_in(text: str) -> Iterator[str]:
    """Every number of a text in the form of :attr:`.Amount.digits`: a point, no sign but a minus, words as digits."""
    for match in _NUMBER.finditer(text):
        sign, digits, bare = match.groups()
        yield ("-" if sign else "") + (digits or bare).replace(",", ".")
    for word in re.findall(r"\w+", text.lower()):
        if word in _WORDS:
            yield f"{_WORDS[word]:g}"


def unsupported_numbers(text: str, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The numbers of a text that stand in none of the findings as they are shown there.

    A number may be written with fewer decimals than the finding shows, rounded, and with more zeros.
    """
    known = [shown for finding in findings for value in finding.values.values() for shown in _shown(value)]
    return tuple(dict.fromkeys(number for number in numbers_in(text) if not _is_one_of(number, known)))


def _is_one_of(number: str, known: Iterable[str]) -> bool:
    if number.count(".") > 1:
        return number in known
    decimals = len(number.partition(".")[2])
    return any(_rounded(shown, decimals) == float(number) for shown in known if shown.count(".") < 2)


def _rounded(shown: str, decimals: int) -> float:
    return float(f"{float(shown):.{min(decimals, len(shown.partition('.')[2]))}f}")


def _shown(value: Value) -> Iterator[str]:
    match value:
        case Amount():
            yield value.digits
        case Count():
            yield str(value.number)
        case Quotation():
            yield from numbers_in(value.sentence)
        case tuple():
            for part in value:
                yield from _shown(part)
