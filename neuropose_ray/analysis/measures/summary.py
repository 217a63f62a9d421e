"""Mean and spread of a measure over repetitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Summary:
    """A measure over several repetitions.

    Attributes:
        mean: over those in which it is known; NaN without any.
        sd: standard deviation between them (over n - 1); NaN for fewer than 2.
        n: in how many it is known.
    """

    mean: float
    sd: float
    n: int


def summarise(values: Iterable[float]) -> Summary:
    """Mean, standard deviation and number of the finite values; the others do not count."""
    numbers = np.array([value for value in values if np.isfinite(value)], np.float64)
    mean = float(numbers.mean()) if len(numbers) else float("nan")
    sd = float(numbers.std(ddof=1)) if len(numbers) > 1 else float("nan")
    return Summary(mean, sd, len(numbers))
