"""Frames that wait to be taken, and how many of them are wanted."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, Literal, Protocol, TypeVar

# A frame that comes this share of an interval early is taken for the one that is due: clocks of cameras jitter.
_EARLY = 0.25


class Timed(Protocol):
    """Something with a time in seconds."""

    @property
    def time_s(self) -> float:
        """Seconds of the clock by which frames are counted."""


F = TypeVar("F", bound=Timed)
Policy = Literal["latest", "drop_oldest", "wait"]


class RateLimiter:
    """Admits frames on a grid of times, so that the mean rate holds whatever the source's own rate is.

    Args:
        fps: frames per second; None admits all.
    """

    def __init__(self, fps: float | None) -> None:
        self._interval_s = None if fps is None else 1 / fps
        self._due_s: float | None = None

    def is_due(self, time_s: float) -> bool:
        """Whether a frame of this time would be admitted."""
        if self._interval_s is None or self._due_s is None:
            return True
        early = time_s >= self._due_s - _EARLY * self._interval_s
        # A clock that started anew is not waited for.
        return early or time_s < self._due_s - 2 * self._interval_s

    def admit(self, time_s: float) -> bool:
        """Whether a frame is admitted; if so, the next is due an interval later."""
        if not self.is_due(time_s):
            return False
        if self._interval_s is not None:
            behind = self._due_s is None or abs(time_s - self._due_s) > self._interval_s
            # After a gap nothing is made up for.
            self._due_s = (time_s if behind or self._due_s is None else self._due_s) + self._interval_s
        return True


class FrameBuffer(Generic[F]):
    """Frames between the thread that decodes and the one that gives them out.

    ``latest`` keeps the newest frame, due or not, and gives it once it is due, so that who comes late gets a fresh
    one. The others keep frames that are due: ``drop_oldest`` gives up the oldest beyond ``capacity``, and ``wait``
    lets the decoder wait for room.

    Args:
        policy: which of these.
        capacity: frames that are kept; ``latest`` keeps one.
        fps: rate of the frames that are given.
    """

    def __init__(self, policy: Policy, capacity: int, fps: float | None) -> None:
        self._policy = policy
        self._capacity = 1 if policy == "latest" else capacity
        self._arrivals, self._departures = RateLimiter(fps), RateLimiter(fps)
        self._frames: deque[F] = deque()
        self._changed = threading.Condition()
        self._wanted = self._taken = 0
        self._finished = self._waiting = False

    @property
    def dropped(self) -> int:
        """Frames of the rate that nobody took in time."""
        with self._changed:
            waiting = len(self._frames) if self._policy != "latest" else min(1, len(self._frames))
            return max(0, self._wanted - self._taken - waiting)

    @property
    def is_full(self) -> bool:
        """Whether the decoder waits for room."""
        return self._waiting

    @property
    def is_drained(self) -> bool:
        """Whether no frame will come any more."""
        with self._changed:
            return self._finished and (not self._frames or self._policy == "latest")

    def offer(self, frame: F) -> None:
        """Put a frame in; with ``wait`` this returns when there is room, or the buffer is finished."""
        with self._changed:
            due = self._arrivals.admit(frame.time_s)
            self._wanted += due
            if self._policy != "latest" and not due:
                return
            if self._policy == "wait":
                self._waiting = True
                self._changed.wait_for(lambda: self._finished or len(self._frames) < self._capacity)
                self._waiting = False
            while self._frames and len(self._frames) >= self._capacity:
                self._frames.popleft()
            self._frames.append(frame)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> F | None:
        """The next frame; None where none comes in time, or none will."""
        with self._changed:
            self._changed.wait_for(self._is_ready_or_over, timeout_s)
            if not self._is_ready():
                return None
            frame = self._frames.popleft()
            if self._policy == "latest":
                self._departures.admit(frame.time_s)
            self._taken += 1
            self._changed.notify_all()
            return frame

    def finish(self) -> None:
        """No frame will come; those that wait can still be taken, and whoever waits for room does so no longer."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def _is_ready(self) -> bool:
        if not self._frames:
            return False
        return self._policy != "latest" or self._departures.is_due(self._frames[-1].time_s)

    def _is_ready_or_over(self) -> bool:
        return self._is_ready() or self._finished
