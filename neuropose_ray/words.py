"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 frame", "3 frames", "2 people".

    Args:
        number: of the things.
        noun: of one of them.
        plural: of several; empty for the noun with an s.
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
