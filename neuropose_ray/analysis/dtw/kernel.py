"""Compiled kernels of exact dynamic time warping; importing this module loads numba.

The recursion of Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken word recognition", IEEE
TASSP 26(1), 1978, with unit weights: ``D[i, j] = |a[i] - b[j]| + min(D[i-1, j-1], D[i-1, j], D[i, j-1])``.
Among equal predecessors the diagonal comes first, so that still sequences are not walked around the edges.

Everything is float64 and C-contiguous: one compiled form of each function, kept on disk between processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Row = NDArray[np.float64]
Matrix = NDArray[np.float64]

#: The numbers of channels and of points of a must be multiples of these; zeros fill them up and change nothing.
CHANNELS_AT_ONCE, POINTS_AT_ONCE = 4, 2
#: Rows whose point costs are computed together, small enough for the first-level cache.
_ROWS_AT_ONCE = 8

_DIAGONAL, _UP, _LEFT = np.uint8(0), np.uint8(1), np.uint8(2)


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compile now, or load what an earlier process compiled."""
    # Fused multiply-add rounds once instead of twice; all other rules of arithmetic and the order of sums hold.
    options = {"fastmath": {"contract"}}

    def compile_function(function: Function) -> Function:
        try:
            return cast(Function, njit(signature, cache=True, **options)(function))
        except RuntimeError:
            # Neither the package's folder nor the user's cache can be written, as in some containers.
            return cast(Function, njit(signature, **options)(function))

    return compile_function


@compiled("void(float64[:, ::1], float64[:, ::1], int64, int64, float64[:, ::1])")
def _point_costs(points: Matrix, channels: Matrix, first: int, last: int, costs: Matrix) -> None:
    """Euclidean distances of ``(points, channels)`` to the columns ``first`` to ``last`` of ``(channels, frames)``.

    Frames in the innermost loop: vectorised over frames, while each sum keeps its order and is exact. Two points and
    four channels at a time need fewer loads and stores for the same arithmetic.
    """
    costs[:, first:last] = 0.0
    for channel in range(0, len(channels), CHANNELS_AT_ONCE):
        P, Q = channels[channel, first:last], channels[channel + 1, first:last]
        R, S = channels[channel + 2, first:last], channels[channel + 3, first:last]
        for row in range(0, len(points), POINTS_AT_ONCE):
            wanted, wanted2 = costs[row, first:last], costs[row + 1, first:last]
            p, q = points[row, channel], points[row, channel + 1]
            r, s = points[row, channel + 2], points[row, channel + 3]
            p2, q2 = points[row + 1, channel], points[row + 1, channel + 1]
            r2, s2 = points[row + 1, channel + 2], points[row + 1, channel + 3]
            for j in range(len(wanted)):
                x, y, z, w = P[j], Q[j], R[j], S[j]
                wanted[j] = (
                    wanted[j] + (p - x) * (p - x) + (q - y) * (q - y) + (r - z) * (r - z) + (s - w) * (s - w)
                )  # fmt: skip
                wanted2[j] = (
                    wanted2[j] + (p2 - x) * (p2 - x) + (q2 - y) * (q2 - y) + (r2 - z) * (r2 - z) + (s2 - w) * (s2 - w)
                )  # fmt: skip
    for row in range(len(points)):
        wanted = costs[row, first:last]
        for j in range(len(wanted)):
            wanted[j] = math.sqrt(wanted[j])


@compiled("void(float64[::1], float64[::1], float64[::1], int64, int64, uint8[::1])")
def _next_row(costs: Row, previous: Row, row: Row, first: int, last: int, steps: NDArray[np.uint8]) -> None:
    """One row of ``D``, shifted by one column: ``row[j + 1]`` is ``D[i, j]``, infinite outside the window."""
    row[1:] = np.inf
    wanted, above, cost = row[first + 1 : last + 1], previous[first : last + 1], costs[first:last]
    for j in range(len(wanted)):
        up = above[j + 1] < above[j]
        wanted[j] = above[j + 1] if up else above[j]
        steps[j] = _UP if up else _DIAGONAL
    left = np.inf
    for j in range(len(wanted)):
        if left < wanted[j]:
            wanted[j] = left
            steps[j] = _LEFT
        left = cost[j] + wanted[j]
        wanted[j] = left


@compiled(
    "Tuple((float64, int64, int64, int64))"
    "(float64[:, ::1], float64[:, ::1], int64[:, ::1], int64, int64, uint8[:, ::1])"
)
def warp(
    a: Matrix, b_channels: Matrix, window: NDArray[np.int64], skip_begin: int, skip_end: int, steps: NDArray[np.uint8]
) -> tuple[float, int, int, int]:
    """The cheapest path's cost, its number of pairs, and the frames of a and b at which it ends.

    Args:
        a: ``(frames_a or one more, channels)``, finite.
        b_channels: ``(channels, frames_b)``, finite.
        window: ``(frames_a, 2)`` the columns that each row may use, first and one after the last.
        skip_begin: this many frames at the beginning of either sequence may stay without a partner.
        skip_end: the same at the end.
        steps: filled with what :func:`trace` needs, ``(frames_a, widest window)``, or with a single row where no
            path is wanted: then memory grows with the frames of b alone.
    """
    frames_a, frames_b = len(window), b_channels.shape[1]
    costs = np.empty((_ROWS_AT_ONCE, frames_b))
    previous, row = np.empty(frames_b + 1), np.empty(frames_b + 1)
    previous_length, length = np.zeros(frames_b + 1, np.int64), np.zeros(frames_b + 1, np.int64)
    for j in range(frames_b + 1):
        previous[j] = 0.0 if j <= skip_begin else np.inf
    distance, pairs, end_a, end_b = np.inf, 0, 0, 0
    for i in range(frames_a):
        first, last = window[i, 0], window[i, 1]
        if i % _ROWS_AT_ONCE == 0:
            end = min(i + _ROWS_AT_ONCE, frames_a)
            _point_costs(a[i : i + _ROWS_AT_ONCE], b_channels, first, window[end - 1, 1], costs)
        row[0] = 0.0 if i < skip_begin else np.inf
        taken = steps[min(i, len(steps) - 1)]
        _next_row(costs[i % _ROWS_AT_ONCE], previous, row, first, last, taken)
        for j in range(first, last):
            before = previous_length[j] if taken[j - first] == _DIAGONAL else previous_length[j + 1]
            length[j + 1] = 1 + (length[j] if taken[j - first] == _LEFT else before)
        if i >= frames_a - 1 - skip_end:
            # Of equally cheap ends the last one, which leaves out least.
            for j in range(frames_b - 1 - (skip_end if i == frames_a - 1 else 0), frames_b):
                if row[j + 1] <= distance:
                    distance, pairs, end_a, end_b = row[j + 1], length[j + 1], i, j
        previous, row = row, previous
        previous_length, length = length, previous_length
    return distance, pairs, end_a, end_b


@compiled("int64[:, ::1](uint8[:, ::1], int64[:, ::1], int64, int64, int64)")
def trace(
    steps: NDArray[np.uint8], window: NDArray[np.int64], pairs: int, end_a: int, end_b: int
) -> NDArray[np.int64]:
    """The ``(pairs, 2)`` frame indices of the path that :func:`warp` found, whose cost must be finite."""
    path = np.empty((pairs, 2), np.int64)
    for pair in range(pairs - 1, -1, -1):
        path[pair, 0], path[pair, 1] = end_a, end_b
        step = steps[end_a, end_b - window[end_a, 0]]
        end_a -= step != _LEFT
        end_b -= step != _UP
    return path
