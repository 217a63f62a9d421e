"""A measure over repetitions in short: mean, spread, and the symmetry of the sides."""

from __future__ import annotations

import math
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


def symmetry_index(right: float, left: float) -> float:
    """The symmetry index in per cent: ``100 * (right - left) / ((right + left) / 2)``.

    Robinson, Herzog and Nigg, "Use of force platform variables to quantify the effects of chiropractic manipulation
    on gait symmetry", Journal of Manipulative and Physiological Therapeutics 10(4), 1987. 0 is symmetric, positive
    means that the right is larger, and 200 that the left is 0. It is meant for numbers of one sign that are not near
    0: ranges, durations, lengths.

    Returns:
        NaN where a number is NaN or infinite, both are 0, or their signs differ.
    """
    if not (math.isfinite(right) and math.isfinite(left)) or right * left < 0 or right == left == 0:
        return math.nan
    return 200 * (right - left) / abs(right + left)
