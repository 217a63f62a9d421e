"""How much of a worker's time each of several chunks has that are in flight at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class SharedTime:
    """Time that chunks in flight share equally, so that the parts of all chunks add up to that of their worker.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._now_s, self._passed_s = clock, clock(), 0.0

    def passed_s(self, sharing: int) -> float:
        """Seconds that a chunk would have had that was in flight from the beginning until now.

        Args:
            sharing: chunks in flight since the last call of this.
        """
        now_s = self._clock()
        self._passed_s += (now_s - self._now_s) / max(1, sharing)
        self._now_s = now_s
        return self._passed_s
