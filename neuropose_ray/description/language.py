"""Languages as data: sentences, terms and units of one language, and findings put into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field

from neuropose_ray.description.findings import Finding, Part
from neuropose_ray.description.settings import LANGUAGES, LanguageCode
from neuropose_ray.description.values import Amount, Count, Quotation, Term, Value
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, ReadOnlyMapping

Side = Literal["left", "right"]
#: ``{name}``, or ``{name|singular|plural}`` by a count.
_PLACE = re.compile(r"\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}")


class Language(FrozenModel):
    """One language.

    Sentences hold ``{name}`` for a value of the finding and ``{name|singular|plural}`` for a word that depends on a
    count. A term that the language does not know is shown by its name, with spaces. ``side_words`` are those by which
    a text names a side, in all their forms, in lower case.
    """

    decimal_mark: str
    conjunction: str = Field(alias="and")
    titles: FrozenMapping[Part, str]
    units: FrozenMapping[str, str]
    sides: FrozenMapping[Side, str]
    side_words: FrozenMapping[Side, tuple[str, ...]]
    sentences: FrozenMapping[str, str]
    terms: FrozenMapping[str, str]

    def sentence(self, finding: Finding) -> str:
        """A finding in words, with a capital letter and one full stop.

        Raises:
            KeyError: the language has no such sentence, or the sentence names a value that the finding has not.
        """
        text = _PLACE.sub(lambda match: self._filled(match, finding.values), self.sentences[finding.key])
        return text[:1].upper() + text[1:]

    def amount(self, amount: Amount) -> str:
        """A number with its unit, by the customs of the language."""
        digits = amount.digits.replace(".", self.decimal_mark).replace("-", "\N{MINUS SIGN}")
        return digits + self.units.get(amount.unit, f" {amount.unit}" if amount.unit else "")

    def term(self, name: str) -> str:
        """What a movement, a measure or an angle is called."""
        side, _, rest = name.partition("_")
        if side in ("left", "right") and rest:
            return self.sides[side].format(self.term(rest))  # type: ignore[index]  # narrowed by the line above
        return self.terms.get(name, name.replace("_", " "))

    def _filled(self, match: re.Match[str], values: Mapping[str, Value]) -> str:
        name, singular, plural = match.groups()
        value = values[name]
        if singular is None:
            return self._shown(value)
        if not isinstance(value, Count):
            raise TypeError(f"{name} is no count")
        return str(singular if value.number == 1 else plural)

    def _shown(self, value: Value) -> str:
        match value:
            case Amount():
                return self.amount(value)
            case Count():
                return str(value.number)
            case Term():
                return self.term(value.name)
            case Quotation():
                return value.sentence.strip().removesuffix(".")
        return self._listed([self._shown(part) for part in value])

    def _listed(self, texts: Sequence[str]) -> str:
        if len(texts) < 2:
            return "".join(texts)
        return f"{', '.join(texts[:-1])} {self.conjunction} {texts[-1]}"


@cache
def language_of(code: LanguageCode) -> Language:
    """A language by its ISO 639-1 code."""
    text = (files("neuropose_ray.description") / "languages" / f"{code}.yaml").read_text("utf-8")
    return Language.model_validate(yaml.safe_load(text))


@cache
def side_words() -> Mapping[str, Side]:
    """The side that a word names, of the words of all languages."""
    return ReadOnlyMapping(
        {
            word: side
            for language in map(language_of, LANGUAGES)
            for side, words in language.side_words.items()
            for word in words
        }
    )
