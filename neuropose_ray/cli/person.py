"""The option by which commands choose a person where several are seen."""

from __future__ import annotations

from enum import StrEnum


class Person(StrEnum):
    """How a person is chosen."""

    LONGEST = "longest"
    LARGEST = "largest"
    MOST_MOVING = "most-moving"
    NEAREST_CENTRE = "nearest-centre"
    ALL = "all"
