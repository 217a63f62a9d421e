"""Work for processes of their own."""

import os
import time


def part_or_die(number: int, divisor: int) -> int:
    """Some numbers end their process."""
    if number < 0:
        time.sleep(0.05)
        os._exit(1)
    return number // divisor


def fail(number: int) -> int:
    msg = f"no {number}"
    raise KeyError(msg)
