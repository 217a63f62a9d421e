"""The compiled search for leaders among hashes; importing this module loads numba.

Leader clustering: in a given order a hash joins the first leader within the threshold, or becomes a leader. Two
hashes that differ in at most six bits agree in at least one of seven bands of their bits (pigeonhole), so that only
leaders that share a band are looked at, and none is missed.

Frames of one scene have many bits in common. These are dealt out to all bands, as a band of them alone would tell
nobody apart; and where the bands still hold more leaders than there are, all leaders are looked at, each once.
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
#: Hashes that are looked at before it is asked whether one of them is near.
_BLOCK = 64


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


@compiled("int64(uint64, uint64[::1], int64, int64, int64)")
def _first_near(bits: np.uint64, others: NDArray[np.uint64], start: int, end: int, threshold: int) -> np.int64:
    """The first position from ``start`` on of a hash within the threshold, ``end`` where there is none."""
    for first in range(start, end, _BLOCK):
        last = min(first + _BLOCK, end)
        # Without a way out of it a loop is compiled to look at several hashes at once.
        near = np.int64(0)
        for position in range(first, last):
            near += np.int64(_differing(bits, others[position]) <= threshold)
        if near:
            for position in range(first, last):
                if _differing(bits, others[position]) <= threshold:
                    return np.int64(position)
    return np.int64(end)


@compiled("int64[::1](uint64[::1], int64)")
def _leaders(hashes: NDArray[np.uint64], threshold: int) -> NDArray[np.int64]:
    """What :func:`leaders_of` says, of hashes whose bits are dealt out."""
    count, leaders = len(hashes), 0
    chosen = np.empty(count, np.int64)
    # Of every band and value the leaders so far, one after the other: they are read in their order, without jumps.
    starts = _starts(hashes)
    filled = np.zeros((BANDS, _VALUES), np.int64)
    bits_of = np.empty((BANDS, count), np.uint64)
    position_of = np.empty((BANDS, count), np.int64)
    all_bits, all_positions = np.empty(count, np.uint64), np.empty(count, np.int64)
    for position in range(count):
        bits = hashes[position]
        sharing = np.int64(0)
        for band in range(BANDS):
            sharing += filled[band, _band(bits, band)]
        first = np.int64(count)
        if sharing >= leaders:
            slot = _first_near(bits, all_bits, 0, leaders, threshold)
            if slot < leaders:
                first = all_positions[slot]
        else:
            for band in range(BANDS):
                value = _band(bits, band)
                start = starts[band, value]
                end = start + filled[band, value]
                slot = _first_near(bits, bits_of[band], start, end, threshold)
                if slot < end:
                    first = min(first, position_of[band, slot])
        if first < count:
            chosen[position] = first
            continue
        chosen[position] = position
        all_bits[leaders], all_positions[leaders] = bits, position
        leaders += 1
        for band in range(BANDS):
            value = _band(bits, band)
            slot = starts[band, value] + filled[band, value]
            bits_of[band, slot], position_of[band, slot] = bits, position
            filled[band, value] += 1
    return chosen


@compiled("int64[::1](uint64[::1])")
def _ones(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """``(64,)`` how many of the hashes have each bit, the lowest first."""
    ones = np.zeros(64, np.int64)
    for bits in hashes:
        for bit in range(64):
            ones[bit] += np.int64((bits >> np.uint64(bit)) & np.uint64(1))
    return ones


@compiled("uint64[::1](uint64[::1], int64[::1])")
def _moved(hashes: NDArray[np.uint64], places: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The hashes with each bit at another place."""
    moved = np.zeros(len(hashes), np.uint64)
    for position in range(len(hashes)):
        for bit in range(64):
            one = (hashes[position] >> np.uint64(bit)) & np.uint64(1)
            moved[position] |= one << np.uint64(places[bit])
    return moved


def _places(ones: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """``(64,)`` a place for each bit, so that those that vary most are dealt out to all bands."""
    turns = [band * _BAND_BITS + turn for turn in range(_LAST_BITS) for band in range(BANDS)]
    # Only the last band has a last turn.
    dealt = [place for number, place in enumerate(turns) if number < BANDS * _BAND_BITS or place == 63]
    places = np.empty(64, np.int64)
    places[np.argsort(-np.minimum(ones, count - ones), kind="stable")] = dealt
    return places


def leaders_of(hashes: NDArray[np.uint64], threshold: int) -> NDArray[np.int64]:
    """``(n,)`` for each hash the position of its leader, its own where it is one.

    Args:
        hashes: ``(n,)`` in the order in which they may lead.
        threshold: bits in which a member may differ from its leader, at most six.
    """
    hashes = np.ascontiguousarray(hashes, np.uint64)
    return np.asarray(_leaders(_moved(hashes, _places(_ones(hashes), len(hashes))), threshold))
