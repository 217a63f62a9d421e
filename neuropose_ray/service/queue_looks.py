"""How often DBOS looks for work: at a queue's own interval while there may be some, seldom while there cannot be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

#: Between two looks that nothing waits for.
REST_S = 30.0
#: What work waits at most for being noticed.
POLL_S = 1.0
#: Between two looks at whether a worker is to end.
_STOP_LOOK_S, _LAST_STOP_LOOK_S = 1.0, 0.05


class QueueLooks:
    """The looks of one process's DBOS at its queues.

    Each look is several transactions, which were most of what an idle service did. Work comes to a queue through this
    process alone, and waits there only for other work of this process: who gives it some, and who ends some, calls
    :meth:`wake`. What a missed call would leave waiting is found by the rare looks.

    Args:
        poll_s: between two looks while there may be work, for queues that have no interval of their own.
        rest_s: between two looks that nothing waits for.
        awake_s: for which a queue is looked at as often as it wants after a call.
        awake_at_start_s: the same after the start: a thread of DBOS queues again what an earlier process has left.
    """

    def __init__(
        self,
        *,
        poll_s: float = POLL_S,
        rest_s: float = REST_S,
        awake_s: float = 10.0,
        awake_at_start_s: float = 60.0,
    ) -> None:
        self.poll_s = poll_s
        self._rest_s, self._awake_s, self._awake_at_start_s = rest_s, awake_s, awake_at_start_s
        self._changed = threading.Condition()
        self._awake_until = 0.0
        self._stop_look_s = _STOP_LOOK_S

    def install(self) -> None:
        """Let the DBOS that is launched next go by this object. DBOS has no setting for it."""
        from dbos import _dbos, _queue, _workflow_commands

        self._stop_look_s = _STOP_LOOK_S
        self._wake(self._awake_at_start_s)
        for module, name in ((_queue, "queue_worker_thread"), (_dbos, "queue_thread")):
            setattr(module, name, self._rested(getattr(module, name)))
        # These look for workflows with a delay or a time limit, and for those of DBOS's own queue.
        _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = REST_S
        _dbos._get_or_create_dbos_registry().get_internal_queue()._polling_interval_sec = REST_S

    def wake(self) -> None:
        """Note that there may be work from now on: a queue that was not looked at for its interval is at once."""
        self._wake(self._awake_s)

    def close(self) -> None:
        """Let workers end soon; before DBOS is told to end."""
        with self._changed:
            self._stop_look_s = _LAST_STOP_LOOK_S
            self._changed.notify_all()

    def wait(self, stopped: threading.Event, interval_s: float, looked_at_s: float) -> bool:
        """Wait until the next look is due, or until the event is set; whether it is.

        Args:
            stopped: ends the wait.
            interval_s: between two looks while there may be work.
            looked_at_s: begin of the last look, which may have missed what came since; monotonic.
        """
        begin_s = time.monotonic()
        while not stopped.is_set():
            with self._changed:
                was_awake = self._awake_until > looked_at_s
                left_s = begin_s + (interval_s if was_awake else max(interval_s, self._rest_s)) - time.monotonic()
                if left_s <= 0:
                    return False
                self._changed.wait(min(left_s, self._stop_look_s))
        return True

    def _wake(self, for_s: float) -> None:
        with self._changed:
            self._awake_until = max(self._awake_until, time.monotonic() + for_s)
            self._changed.notify_all()

    def _rested(self, work: Callable[..., None]) -> Callable[..., None]:
        """A function of a thread of DBOS, which is given an event to wait on."""
        original: Callable[..., None] = getattr(work, "__wrapped__", work)

        @wraps(original)
        def rested(stop_event: threading.Event, *arguments: Any) -> None:
            original(_Rests(self, stop_event), *arguments)

        return rested


class _Rests:
    """The event that ends a worker, on which the worker also waits between its looks."""

    def __init__(self, looks: QueueLooks, stopped: threading.Event) -> None:
        self._looks, self._stopped, self._looked_at_s = looks, stopped, time.monotonic()

    def is_set(self) -> bool:
        return self._stopped.is_set()

    def wait(self, timeout: float) -> bool:
        is_over = self._looks.wait(self._stopped, timeout, self._looked_at_s)
        self._looked_at_s = time.monotonic()
        return is_over
