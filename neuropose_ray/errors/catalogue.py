"""Catalogue of all error codes: what each means, where it comes from, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from neuropose_ray.errors import analysis, base, inputs, live, runs, service
from neuropose_ray.errors.base import NeuroposeRayError

#: In the order in which the catalogue is read.
_MODULES = (base, inputs, analysis, runs, service, live)


class ErrorEntry(NamedTuple):
    """What is known of an error code.

    Attributes:
        code: as programs see it.
        meaning: what is wrong.
        cause: where it mostly comes from.
        remedy: what to do.
        retryable: whether trying the same thing again can help.
    """

    code: str
    meaning: str
    cause: str
    remedy: str
    retryable: bool


def error_kinds() -> Iterator[type[NeuroposeRayError]]:
    """Every class of errors that a user can meet; one that brings a code before its subclasses that share it."""
    for module in _MODULES:
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, NeuroposeRayError) and kind.__module__ == module.__name__:
                yield kind


def error_catalogue() -> tuple[ErrorEntry, ...]:
    """Every error code with what is known of it."""
    return tuple(
        ErrorEntry(kind.code, _meaning(kind), kind.cause, kind.remedy, kind.retryable)
        for kind in error_kinds()
        if "code" in vars(kind)
    )


def _meaning(kind: type[NeuroposeRayError]) -> str:
    """The first paragraph of its description, without what only callers in Python need."""
    text = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
    return f"{text.partition(';')[0].rstrip('.')}."
