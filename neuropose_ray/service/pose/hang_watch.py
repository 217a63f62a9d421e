"""Ends a replica whose model does not return, in time for the request that waits to be answered by the next one."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from neuropose_ray.service.pose.priority_lock import PriorityModelLock

logger = logging.getLogger(__name__)

#: Looks in the time that a call may take, and the longest time between two.
_LOOKS, _LONGEST_LOOK_S = 10, 5.0
_EXIT_CODE = 1
#: A request that waits for less than twice as long is over before another replica is there.
_LEAST_LIMIT_S = 10.0


def hang_limit_s(request_timeout_s: float) -> float:
    """How long a call may keep requests waiting: the rest of a request's time is for the next replica."""
    return max(_LEAST_LIMIT_S, request_timeout_s / 2)


def _end_process() -> None:
    """Nothing less ends a thread that hangs in a library; Serve starts a new replica."""
    os._exit(_EXIT_CODE)


class HangWatch:
    """Looks in a thread for how long the present call of the model has kept requests waiting.

    Args:
        lock: held for each call.
        limit_s: that a call may take which is a request's, or which a request waits for.
        end: called once when it has taken longer.
    """

    def __init__(self, lock: PriorityModelLock, limit_s: float, end: Callable[[], None] = _end_process) -> None:
        self._lock, self._limit_s, self._end = lock, limit_s, end

    def start(self) -> None:
        """Begin to look; the thread ends with the process."""
        threading.Thread(target=self._watch, name="hang-watch", daemon=True).start()

    def _watch(self) -> None:
        pause, look_s = threading.Event(), min(_LONGEST_LOOK_S, self._limit_s / _LOOKS)
        while self._lock.held_before_requests_s <= self._limit_s:
            pause.wait(look_s)
        logger.error("the pose model has kept requests waiting for %g s in one call: it is replaced", self._limit_s)
        self._end()
