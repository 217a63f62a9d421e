"""JSON of strangers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def parsed_json(
    text: str | bytes,
    *,
    parse_constant: Callable[[str], Any] | None = None,
    parse_float: Callable[[str], Any] | None = None,
) -> Any:
    """The value of a JSON text.

    Args:
        text: of anybody.
        parse_constant: makes a value of NaN and infinities, which are not JSON; None for the numbers.
        parse_float: makes a value of a number with a point or an exponent; None for the number.

    Raises:
        ValueError: it is not JSON, or has more levels than Python reads.
    """
    try:
        return json.loads(text, parse_constant=parse_constant, parse_float=parse_float)
    except RecursionError:  # which is a fault of the program elsewhere, and so handled by nobody
        raise ValueError("it has too many levels") from None
