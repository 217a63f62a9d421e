"""Findings as paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pydantic import Field

from neuropose_ray.description.findings import Finding, Part
from neuropose_ray.description.language import language_of
from neuropose_ray.description.settings import LanguageCode
from neuropose_ray.schemas.immutable import FrozenModel


class Paragraph(FrozenModel):
    """Sentences about one part of an analysis."""

    part: Part
    title: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences in a row."""
        return " ".join(self.sentences)


class Description(FrozenModel):
    """An analysis in words."""

    language: LanguageCode
    paragraphs: tuple[Paragraph, ...] = Field(description="in the order in which they are read; none is empty")

    @property
    def text(self) -> str:
        """All of it, a title line before each paragraph."""
        return "\n\n".join(f"{paragraph.title}\n{paragraph.text}" for paragraph in self.paragraphs)


def describe(findings: Sequence[Finding], language: LanguageCode) -> Description:
    """Put findings into words, by the sentences of a language and nothing else."""
    words = language_of(language)
    paragraphs = []
    for part, group in groupby(findings, key=lambda finding: finding.part):
        sentences = tuple(dict.fromkeys(words.sentence(finding) for finding in group))
        paragraphs.append(Paragraph(part=part, title=words.titles[part], sentences=sentences))
    return Description(language=language, paragraphs=tuple(paragraphs))
