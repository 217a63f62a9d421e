"""Video times and the network's even rate, for any frame rate and uneven times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Frames per second that the network sees: daily movement has nothing beyond 10 Hz that a camera would show.
RATE = 20.0


def even_times(times: Array) -> Array:
    """The network's times that cover ascending ``times`` ``(T,)`` in seconds; at least two."""
    count = max(2, int(np.ceil((times[-1] - times[0]) * RATE - 1e-6)) + 1)
    return np.asarray(times[0] + np.arange(count) / RATE)


def averaged_at(times: Array, values: Array, wanted: Array) -> Array:
    """Values ``(T, columns)`` as straight lines between times, averaged over a step of the network.

    The steps are those around the ``wanted`` times. At high frame rates this keeps noise from being sampled; before
    the first and after the last time the ends last.
    """
    half = 0.5 / RATE
    padded_times = np.concatenate([[times[0] - 1], times, [max(times[-1], wanted[-1]) + 1]])
    padded = np.concatenate([values[:1], values, values[-1:]])
    steps = np.diff(padded_times)[:, None]
    area = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum((padded[1:] + padded[:-1]) / 2 * steps, axis=0)])

    def integral(when: Array) -> Array:
        index = np.clip(np.searchsorted(padded_times, when, side="right") - 1, 0, len(steps) - 1)
        span = (when - padded_times[index])[:, None]
        share = span / np.maximum(steps[index], 1e-12)
        end = padded[index] + (padded[index + 1] - padded[index]) * share
        return np.asarray(area[index] + (padded[index] + end) / 2 * span)

    return np.asarray((integral(wanted + half) - integral(wanted - half)) * RATE)


def interpolated(even: Array, values: Array, times: Array) -> Array:
    """Values ``(n, columns)`` at the network's times, as straight lines between them, at ``times`` ``(T,)``."""
    position = np.clip((times - even[0]) * RATE, 0, len(even) - 1)
    before = np.minimum(position.astype(np.intp), len(even) - 2)
    share = (position - before)[:, None]
    return np.asarray(values[before] * (1 - share) + values[before + 1] * share)
