"""What stands in a sentence: amounts, counts, terms and quotations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """A measured number.

    Attributes:
        value: as the analysis has it.
        decimals: worth showing.
        unit: "deg", "deg/s", "s", "m", "m/s", "%", "steps/min"; empty where it has none.
    """

    value: float
    decimals: int
    unit: str = ""

    @property
    def digits(self) -> str:
        """The number as it is shown, with a point; nothing is less than nothing."""
        text = f"{self.value:.{self.decimals}f}"
        return text.removeprefix("-") if float(text) == 0 else text


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things, which decides between singular and plural."""

    number: int


@dataclass(frozen=True, slots=True)
class Term:
    """Something that has a name in every language: a movement, a measure, an angle ("left_knee_flexion")."""

    name: str


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence of the analysis, which is quoted as it is."""

    sentence: str


Value = Amount | Count | Term | Quotation | tuple[Term, ...] | tuple[Count, ...]
