"""The compiled search for leaders among hashes; importing this module loads numba.

Leader clustering: in a given order a hash joins the first leader within the threshold, or becomes a leader. Two
hashes that differ in at most six bits agree in at least one of seven bands of their bits (pigeonhole), so that only
leaders that share a band are looked at, and none is missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

#: One more than the largest threshold.
BANDS = 7
#: Bits of a band; the last band of the seven has what is left of 64.
_BAND_BITS = 9
_LAST_BITS = 64 - (BANDS - 1) * _BAND_BITS
_VALUES = 1 << _LAST_BITS


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compile now, or load what an earlier process compiled."""

    def compile_function(function: Function) -> Function:
        try:
            return cast(Function, njit(signature, cache=True)(function))
        except RuntimeError:
            # Neither the package's folder nor the user's cache can be written, as in some containers.
            return cast(Function, njit(signature)(function))

    return compile_function


@compiled("int64(uint64, int64)")
def _band(bits: np.uint64, band: int) -> np.int64:
    """The value of one band of the bits."""
    width = _BAND_BITS if band < BANDS - 1 else _LAST_BITS
    return np.int64((bits >> np.uint64(band * _BAND_BITS)) & np.uint64((1 << width) - 1))


@compiled("int64(uint64, uint64)")
def _differing(first: np.uint64, second: np.uint64) -> np.int64:
    """Bits that differ, counted in parallel: H. S. Warren, Hacker's Delight, 5-1."""
    x = first ^ second
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled("int64[:, :](uint64[:])")
def _starts(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """``(bands, values)`` where the hashes of each value begin when they are put side by side."""
    starts = np.zeros((BANDS, _VALUES), np.int64)
    for bits in hashes:
        for band in range(BANDS):
            starts[band, _band(bits, band)] += 1
    for band in range(BANDS):
        before = 0
        for value in range(_VALUES):
            own = starts[band, value]
            starts[band, value] = before
            before += own
    return starts


@compiled("int64[:](uint64[:], int64)")
def leaders_of(hashes: NDArray[np.uint64], threshold: int) -> NDArray[np.int64]:
    """``(n,)`` for each hash the position of its leader, its own where it is one.

    Args:
        hashes: ``(n,)`` in the order in which they may lead.
        threshold: bits in which a member may differ from its leader, at most six.
    """
    count = len(hashes)
    chosen = np.empty(count, np.int64)
    # Of every band and value the leaders so far, one after the other: they are read in their order, without jumps.
    starts = _starts(hashes)
    filled = np.zeros((BANDS, _VALUES), np.int64)
    bits_of = np.empty((BANDS, count), np.uint64)
    position_of = np.empty((BANDS, count), np.int64)
    for position in range(count):
        bits = hashes[position]
        first = count
        for band in range(BANDS):
            value = _band(bits, band)
            start = starts[band, value]
            for slot in range(start, start + filled[band, value]):
                if _differing(bits, bits_of[band, slot]) <= threshold:
                    first = min(first, position_of[band, slot])
                    break
        if first < count:
            chosen[position] = first
            continue
        chosen[position] = position
        for band in range(BANDS):
            value = _band(bits, band)
            slot = starts[band, value] + filled[band, value]
            bits_of[band, slot], position_of[band, slot] = bits, position
            filled[band, value] += 1
    return chosen
