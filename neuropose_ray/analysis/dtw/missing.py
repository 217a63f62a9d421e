"""What to do about missing numbers before warping, which needs every one of them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import SequenceError

NanPolicy = Literal["propagate", "interpolate", "drop"]


def without_missing(values: NDArray[np.float64], policy: NanPolicy) -> NDArray[np.float64]:
    """``(frames, channels)`` with every number finite; infinities count as missing.

    Args:
        values: ``(frames, channels)`` in any unit.
        policy: ``propagate`` takes missing numbers for an error; ``interpolate`` draws a straight line over the
            frames' index between neighbours and holds the first and last known number; ``drop`` removes frames with
            any missing number, and frame indices then count what is left.

    Raises:
        SequenceError: numbers are missing (propagate), all of a channel's (interpolate), or some in every frame
            (drop).
    """
    known = np.isfinite(values)
    if policy == "drop":
        if not known.all(1).any():
            raise SequenceError("every frame has missing values: nothing is left to compare", where="drop")
        return values[known.all(1)]
    if policy == "propagate":
        if not known.all():
            raise SequenceError(
                "array must not contain infs or NaNs", where="dtw", hint="use nan_policy interpolate or drop"
            )
        return values
    if policy != "interpolate":
        raise SequenceError(f"unknown nan_policy {policy!r}; there are: {', '.join(get_args(NanPolicy))}")
    if known.all():
        return values
    frames = np.arange(len(values))
    filled = values.copy()
    for channel in range(values.shape[1]):
        is_known = known[:, channel]
        if not is_known.any():
            raise SequenceError(f"all values are NaN in channel {channel}", where="interpolate")
        filled[:, channel] = np.interp(frames, frames[is_known], values[is_known, channel])
    return filled
