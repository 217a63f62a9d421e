"""The time at which a picture was made, written into it so that it survives encoding: 32 blocks, black or white."""

import time

import numpy as np
from numpy.typing import NDArray

BLOCK = 8
BITS = 32
#: Of pictures that can carry a stamp.
LEAST_WIDTH = BLOCK * BITS


def milliseconds() -> int:
    """Of the clock that all processes of the machine share, in 32 bits."""
    return round(time.monotonic() * 1000) & 0xFFFFFFFF


def write_stamp(luma: NDArray[np.uint8], stamp: int) -> None:
    """Write into the first rows, ``(height, width)``."""
    for bit in range(BITS):
        luma[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 235 if stamp >> bit & 1 else 16


def read_stamp(image: NDArray[np.uint8]) -> int:
    """Read from a decoded picture, ``(height, width, 3)``."""
    inner = image[2 : BLOCK - 2, :LEAST_WIDTH, 1].reshape(BLOCK - 4, BITS, BLOCK)[:, :, 2:-2]
    return int(sum(1 << bit for bit in np.flatnonzero(inner.mean(axis=(0, 2)) > 125)))


def age_ms(image: NDArray[np.uint8]) -> float:
    """Milliseconds since a picture was made."""
    return (milliseconds() - read_stamp(image)) & 0xFFFFFFFF
