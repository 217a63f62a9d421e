"""The chunks that one process works on at once: who may be there together, and who makes no progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from neuropose_ray.pipeline.chunks.commit import AttemptHistory
from neuropose_ray.pipeline.chunks.frames import Stage
from neuropose_ray.pipeline.planning.plan import ChunkTask

# How soon a thread that waits for others notices that the run was interrupted.
_LOOK_UP_S = 0.2


class CancelledError(Exception):
    """The run was interrupted, or this try was given up; its results are not wanted."""


class ActiveAttempts:
    """A process's chunks in flight.

    A chunk is tried alone where an earlier try of it left no word: should the process die again, nobody else can
    have been the cause, and no innocent neighbour is charged for it.

    Args:
        at_once: how many chunks there can be; of a single one it is always known that it was alone.
        should_stop: whether the run was interrupted.
    """

    def __init__(self, at_once: int, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._at_once, self._should_stop = at_once, should_stop
        self._changed = threading.Condition()
        self._attempts: list[Attempt] = []
        self._waiting_alone = 0

    def add_places(self, places: int) -> None:
        """So many more chunks can be in flight, in threads that begin after this."""
        with self._changed:
            self._at_once += places

    @contextmanager
    def enter(self, task: ChunkTask, before: AttemptHistory) -> Iterator[Attempt]:
        """Wait until the chunk may be tried, and be in flight with it.

        Args:
            task: the chunk.
            before: what is known of its tries so far.

        Raises:
            CancelledError: the run was interrupted meanwhile.
        """
        attempt = Attempt(task, before, before.isolate_next or self._at_once == 1, self._should_stop, self._changed)
        with self._changed:
            self._waiting_alone += attempt.alone
            try:
                while not self._has_room(attempt):
                    if self._should_stop():
                        raise CancelledError
                    self._changed.wait(_LOOK_UP_S)
            finally:
                self._waiting_alone -= attempt.alone
            self._attempts.append(attempt)
        try:
            yield attempt
        finally:
            self._leave(attempt)

    def _has_room(self, attempt: Attempt) -> bool:
        if attempt.alone:
            return not self._attempts
        # Whoever waits to be alone is let in first, or a stream of others would keep it waiting for ever.
        return not self._waiting_alone and not any(running.alone for running in self._attempts)

    def _leave(self, attempt: Attempt) -> None:
        with self._changed:
            if attempt in self._attempts:
                self._attempts.remove(attempt)
                self._changed.notify_all()

    def closed(self) -> bool:
        """Whether no other chunk is let in for now, as one is alone or waits to be."""
        with self._changed:
            return bool(self._waiting_alone) or any(attempt.alone for attempt in self._attempts)

    def stalled(self, limit_s: float) -> list[Attempt]:
        """The tries that decode or infer for longer than ``limit_s`` without a batch being finished.

        One that waits for its turn at the model is not to blame, and one that writes is past the danger: a disk
        that hangs would hang the next try as well.
        """
        now = time.monotonic()
        with self._changed:
            return [attempt for attempt in self._attempts if now - attempt.busy_since_s(now) > limit_s]

    def abandon(self, attempt: Attempt) -> bool:
        """Give a try up for its thread: it may no longer commit; false where it just finished."""
        with self._changed:
            if attempt.over:
                return False
            attempt.over = attempt.abandoned = True
        self._leave(attempt)
        return True

    def others(self) -> list[Attempt]:
        """Everybody who was not abandoned."""
        with self._changed:
            return list(self._attempts)


@dataclass(eq=False, slots=True)
class Attempt:
    """One try of one chunk.

    Attributes:
        task: the chunk.
        before: what was known of its tries before this one.
        alone: no other chunk is in flight in this process while it is.
        stage: what it is at.
        since_s: since when, on the monotonic clock.
        over: it can no longer be abandoned, or was.
        abandoned: it was given up by somebody else; its thread may write nothing any more.
        thread: who tries.
        calls_since_s: when each call of the model began that has frames of the chunk and is under way; its thread
            may be at something else meanwhile.
        shared: frames of other chunks were in one of these calls.
    """

    task: ChunkTask
    before: AttemptHistory
    alone: bool
    _should_stop: Callable[[], bool]
    _lock: threading.Condition
    stage: Stage = "wait"
    since_s: float = field(default_factory=time.monotonic)
    over: bool = False
    abandoned: bool = False
    thread: threading.Thread = field(default_factory=threading.current_thread)
    calls_since_s: list[float] = field(default_factory=list)
    shared: bool = False

    @property
    def cancelled(self) -> bool:
        """Whether the run was interrupted, or this try given up."""
        return self.abandoned or self._should_stop()

    def at(self, stage: Stage) -> None:
        """Begin with something that may take long.

        Raises:
            CancelledError: the run was interrupted, or this try given up.
        """
        if self.cancelled:
            raise CancelledError
        self.stage, self.since_s = stage, time.monotonic()

    @contextmanager
    def in_call(self, begin_s: float, *, shared: bool) -> Iterator[None]:
        """Have frames in a call of the model that another thread makes.

        Args:
            begin_s: when it began, on the monotonic clock.
            shared: whether other chunks have frames in it, too.
        """
        self.shared |= shared
        self.calls_since_s.append(begin_s)
        try:
            yield
        finally:
            self.calls_since_s.remove(begin_s)

    def busy_since_s(self, now_s: float) -> float:
        """When what has no limit of its own began; the time itself where there is no such thing."""
        own_s = self.since_s if self.stage in ("decode", "model", "measure") else now_s
        return min([own_s, *self.calls_since_s])

    def finish(self) -> bool:
        """Claim the right to write down how it ended; false where it was given up before."""
        with self._lock:
            self.over = True
            return not self.abandoned
