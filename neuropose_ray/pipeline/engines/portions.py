"""How a run's chunks are portioned out: many at a time while many are left, one by one at the end."""

from __future__ import annotations

from collections.abc import Iterator

#: Portions that every worker would get of what is left: some wait at a worker while others are free, and those that
#: wait must be a small part of its share.
_PORTIONS_EACH = 16
#: Half an hour of a slow worker's time, so that a node that joins late finds something left to do.
_MOST_CHUNKS = 64


def guided_chunks(chunks: int, workers: int) -> Iterator[range]:
    """All places from 0 up to ``chunks`` in order, in portions that shrink to 1.

    A portion costs the scheduler as much as a single chunk would, in memory and time. Guided self-scheduling of
    loops, after Polychronopoulos and Kuck, IEEE Transactions on Computers 36 (1987).
    """
    begin = 0
    while begin < chunks:
        size = (chunks - begin) // (_PORTIONS_EACH * workers)
        end = begin + max(1, min(_MOST_CHUNKS, size))
        yield range(begin, end)
        begin = end
