"""Warnings, in plain words: what a reader must know before believing the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from neuropose_ray.analysis import AngleTable, coverage_warnings, recording_warnings
from neuropose_ray.report.collect.movement import Movement
from neuropose_ray.report.collect.person import ReportedPerson
from neuropose_ray.report.settings import ReportSettings


def report_warnings(
    person: ReportedPerson, angles: AngleTable, movement: Movement, settings: ReportSettings
) -> tuple[str, ...]:
    """A sentence each, none twice; what concerns all numbers comes first.

    Args:
        person: whose numbers the report shows.
        angles: of the cleaned motion.
        movement: what was found, with its own warnings.
        settings: from where on a reader is warned.
    """
    warnings = [
        *_of_people(person),
        *recording_warnings(person.trial, person.track, person.shown, settings),
        *(f"Cleaning: {warning}" for warning in person.cleaned.warnings),
        *coverage_warnings({name: known.coverage for name, known in angles.ranges().items()}, settings),
        *movement.warnings,
    ]
    return tuple(dict.fromkeys(sentence(text) for text in warnings))


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def _of_people(person: ReportedPerson) -> Iterator[str]:
    tracks = person.trial.tracks
    if len(tracks) > 1:
        yield (
            f"{len(tracks)} tracks were found; curves, tables and quality are those of the person who is chosen at "
            f"the top of the page: track {person.track}"
        )
