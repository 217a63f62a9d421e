"""Cells of CSV files that people open in spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from neuropose_ray.schemas.immutable import utf8_text

#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cells(values: Iterable[Any]) -> list[Any]:
    """Values of a row of which a spreadsheet computes none: names come from files, whoever named these.

    Text that would be a formula gets an apostrophe before it, and bytes of a name that are not UTF-8 the replacement
    character. Numbers, also those that are text, stay what they are.
    """
    return [_cell(value) if isinstance(value, str) else value for value in values]


def _cell(text: str) -> str:
    text = utf8_text(text)
    return f"'{text}" if len(text) > 1 and text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
