"""A description worded by a language model behind an endpoint, every sentence of which is checked.

The endpoint gets facts: what was measured, without the video, its name, paths, or ids of people. Doubts, advice and
quotations stay here, and are always in the words of the templates. Of the answer, a sentence passes if the facts that
it names hold each of its numbers and sides, and the answer passes if all facts are in it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from neuropose_ray.description.findings import Finding, Part
from neuropose_ray.description.language import Language, language_of, side_words
from neuropose_ray.description.numbers import unsupported_numbers
from neuropose_ray.description.settings import EndpointSettings, LanguageCode
from neuropose_ray.description.values import Quotation
from neuropose_ray.description.writing import Description, Paragraph, describe
from neuropose_ray.errors import DescriptionError, EndpointUnavailableError
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel

#: Parts that are never worded by an endpoint.
_OWN_PARTS: tuple[Part, ...] = ("doubts", "advice")
_WORD = re.compile(r"\w+")
_MOST_TOKENS = 2000
_MAY_GO_AWAY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_PAUSE_S = 0.5
_INSTRUCTIONS = (
    "You put results of a movement analysis into plain words for clinicians. Write in the language {language!r}. "
    "Use every fact and nothing but the facts: add no number, no cause, no diagnosis, no advice. Keep numbers with "
    "their units as they are given. Name, for each sentence, the ids of the facts that it says. Keep the parts in "
    "their order."
)


class EndpointUse(FrozenModel):
    """What was asked of an endpoint, and what came of it."""

    host: str
    model: str
    prompt: str = Field(description="all that was sent, as JSON")
    attempts: int
    seconds: float
    usage: FrozenMapping[str, float] = Field(
        default={}, validate_default=True, description="tokens, and the cost where the endpoint states it"
    )
    refused: str | None = Field(default=None, description="why the templates stand in its place; null: they do not")


class _Sentence(FrozenModel):
    text: str = Field(min_length=1, max_length=1000)
    facts: tuple[str, ...] = Field(min_length=1)


class _AnsweredParagraph(FrozenModel):
    part: Part
    sentences: tuple[_Sentence, ...] = Field(min_length=1)


class _Answer(FrozenModel):
    paragraphs: tuple[_AnsweredParagraph, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """A description, and how an endpoint was used for it."""

    description: Description
    use: EndpointUse


def worded(findings: Sequence[Finding], language: LanguageCode, settings: EndpointSettings) -> Wording:
    """A description by an endpoint, or by the templates where it fails or its answer is not true to the facts.

    Args:
        findings: of an analysis.
        language: of the text.
        settings: which endpoint.
    """
    words = language_of(language)
    facts = {f"f{number}": finding for number, finding in enumerate(filter(_may_be_sent, findings), 1)}
    request = _request(facts, words, language, settings)
    conversation = _Conversation(settings)
    begin_s, refused = time.perf_counter(), None
    try:
        description = _with_own_parts(_checked(conversation.answer(request), facts, words), findings, language)
    except DescriptionError as error:
        description, refused = describe(findings, language), str(error)
    use = EndpointUse(
        host=urlsplit(settings.url).netloc,
        model=settings.model,
        prompt=json.dumps(request["messages"], ensure_ascii=False),
        attempts=conversation.attempts,
        seconds=round(time.perf_counter() - begin_s, 3),
        usage=conversation.usage,
        refused=refused,
    )
    return Wording(description, use)


def _may_be_sent(finding: Finding) -> bool:
    quotes = any(isinstance(value, Quotation) for value in finding.values.values())
    return finding.part not in _OWN_PARTS and not quotes


def _request(
    facts: Mapping[str, Finding], words: Language, language: LanguageCode, settings: EndpointSettings
) -> dict[str, Any]:
    sent = [{"id": key, "part": fact.part, "fact": words.sentence(fact)} for key, fact in facts.items()]
    return {
        "model": settings.model,
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
        "messages": [
            {"role": "system", "content": _INSTRUCTIONS.format(language=language)},
            {"role": "user", "content": json.dumps({"facts": sent}, ensure_ascii=False)},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "description", "strict": True, "schema": _Answer.model_json_schema()},
        },
    }


class _Conversation:
    """One request to an endpoint, tried again while its failure may go away."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self.attempts = 0
        self.usage: dict[str, float] = {}

    def answer(self, request: Mapping[str, Any]) -> str:
        """The text of the answer.

        Raises:
            EndpointUnavailableError: there is none after the last try.
            DescriptionError: what came is no answer.
        """
        while True:
            self.attempts += 1
            try:
                return self._answer(request)
            except EndpointUnavailableError:
                if self.attempts > self._settings.retries:
                    raise
            time.sleep(_PAUSE_S * 2 ** (self.attempts - 1))

    def _answer(self, request: Mapping[str, Any]) -> str:
        import httpx

        settings, host = self._settings, urlsplit(self._settings.url).netloc
        headers = {} if settings.key is None else {"Authorization": f"Bearer {settings.key.get_secret_value()}"}
        url = f"{settings.url.rstrip('/')}/chat/completions"
        try:
            reply = httpx.post(url, json=request, headers=headers, timeout=settings.timeout_s)
        except httpx.InvalidURL as error:
            raise DescriptionError("the endpoint's URL is none", where=host) from error
        except httpx.HTTPError as error:
            raise EndpointUnavailableError(
                f"the endpoint did not answer: {type(error).__name__}", where=host
            ) from error
        if reply.status_code != httpx.codes.OK:
            kind = EndpointUnavailableError if reply.status_code in _MAY_GO_AWAY else DescriptionError
            raise kind(f"the endpoint answered {reply.status_code}", where=host)
        try:
            payload = reply.json()
            content = payload["choices"][0]["message"]["content"]
            usage = payload.get("usage") or {}
            self.usage = {key: float(value) for key, value in usage.items() if isinstance(value, int | float)}
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise DescriptionError("the endpoint's answer is no chat completion", where=host) from error
        if not isinstance(content, str):
            raise DescriptionError("the endpoint's answer has no text", where=host)
        return content


def _checked(content: str, facts: Mapping[str, Finding], words: Language) -> list[Paragraph]:
    """The paragraphs of an answer that is true to the facts.

    Raises:
        DescriptionError: it is not, or is no answer at all.
    """
    try:
        answer = _Answer.model_validate_json(content)
    except ValidationError as error:
        raise DescriptionError("the endpoint's answer does not keep to the schema") from error
    named: set[str] = set()
    for paragraph in answer.paragraphs:
        for sentence in paragraph.sentences:
            _check_sentence(sentence, facts, words)
            named.update(sentence.facts)
    missing = [words.sentence(fact) for key, fact in facts.items() if key not in named]
    if missing:
        raise DescriptionError(f"the endpoint left out: {missing[0]}")
    return [
        Paragraph(
            part=paragraph.part,
            title=words.titles[paragraph.part],
            sentences=tuple(sentence.text for sentence in paragraph.sentences),
        )
        for paragraph in answer.paragraphs
    ]


def _check_sentence(sentence: _Sentence, facts: Mapping[str, Finding], words: Language) -> None:
    unknown = [key for key in sentence.facts if key not in facts]
    if unknown:
        raise DescriptionError(f"the endpoint names a fact that there is not: {unknown[0]}")
    named = [facts[key] for key in sentence.facts]
    strange = unsupported_numbers(sentence.text, named)
    if strange:
        raise DescriptionError(f"the endpoint says a number that its facts do not hold: {strange[0]}")
    sides = set(_sides(sentence.text)) - {side for fact in named for side in _sides(words.sentence(fact))}
    if sides:
        raise DescriptionError(f"the endpoint says a side that its facts do not: {min(sides)}")


def _sides(text: str) -> Iterator[str]:
    """The sides that a text names, in whichever language: an endpoint may mix them."""
    words = side_words()
    return (words[word] for word in _WORD.findall(text.lower()) if word in words)


def _with_own_parts(
    answered: Sequence[Paragraph], findings: Sequence[Finding], language: LanguageCode
) -> Description:
    """What the endpoint worded, and behind it what it was not given."""
    own = describe([finding for finding in findings if not _may_be_sent(finding)], language)
    return Description(language=language, paragraphs=(*answered, *own.paragraphs))
