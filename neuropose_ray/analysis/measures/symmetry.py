"""How alike right and left are."""

from __future__ import annotations

import math


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
