"""What one subscription's client is sent next, so that it gets fresh poses however slow it is.

Only acknowledgements say what a client has dealt with: the buffers of sockets and proxies hold many seconds of
messages that nobody reads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from neuropose_ray.service.live.arrivals import Arrivals
from neuropose_ray.service.live.window import Window

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Numbered(Generic[Item]):
    """A message with its place among those of its stream."""

    seq: int
    item: Item


class TooSlowError(Exception):
    """The client does not acknowledge, or not as fast as events come."""


class ClientQueue(Generic[Item]):
    """Messages that wait for one client: all events, and of the poses the newest.

    Args:
        window: poses under way to the client at most, see :class:`.window.Window`; events, which are few, are sent at
            once.
        ack_s: the longest that a pose under way may stay unacknowledged.
        most_events: that wait; one more and the client is too slow.
        min_interval_s: between two pose messages.
        clock: seconds.
    """

    def __init__(
        self,
        window: int,
        ack_s: float,
        *,
        clock: Callable[[], float],
        most_events: int = 1000,
        min_interval_s: float = 0.0,
    ) -> None:
        self._window, self._ack_s, self._clock = Window(window), ack_s, clock
        self._most_events, self._min_interval_s = most_events, min_interval_s
        self._events: deque[Numbered[Item]] = deque()
        self._pose: Numbered[Item] | None = None
        self._under_way: deque[tuple[int, float]] = deque()
        self._next_pose_at = float("-inf")
        self._arrivals = Arrivals()
        self._dropped_before = self.dropped = 0

    def put_event(self, message: Numbered[Item]) -> None:
        """Add a message that must arrive.

        Raises:
            TooSlowError: too many wait already.
        """
        if len(self._events) >= self._most_events:
            raise TooSlowError(f"{len(self._events)} events wait for the client")
        self._events.append(message)

    def put_pose(self, message: Numbered[Item]) -> None:
        """Add a pose message, in place of one that was not sent yet."""
        self._arrivals.came(self._clock())
        self.dropped += self._pose is not None
        self._pose = message

    def acknowledge(self, seq: int) -> None:
        """Note that the client has dealt with all poses up to ``seq``."""
        while self._under_way and self._under_way[0][0] <= seq:
            _, sent_at = self._under_way.popleft()
            lacks = self._pose is not None or self.dropped > self._dropped_before
            self._window.acknowledged(self._clock() - sent_at, lacks=lacks)
            self._dropped_before = self.dropped

    def next(self) -> Numbered[Item] | None:
        """The message to send now; None where none waits, or the client has to acknowledge first.

        Raises:
            TooSlowError: the client has not acknowledged for too long.
        """
        now = self._clock()
        if self._under_way and now - self._under_way[0][1] > self._ack_s:
            raise TooSlowError(f"no acknowledgement for {self._ack_s:g} s")
        pose = self._pose if self._pause_s(now) <= 0 and len(self._under_way) < self._window.size else None
        if self._events and (pose is None or self._events[0].seq < pose.seq):
            return self._events.popleft()
        if pose is not None:
            self._pose = None
            self._under_way.append((pose.seq, now))
            # On a raster, so that the rate is met where poses come at another one.
            step = self._min_interval_s
            self._next_pose_at = max(self._next_pose_at + step, now + step / 2) if step else now
        return pose

    def wait_s(self) -> float | None:
        """Seconds until :meth:`next` may give something by itself, or raise; None: only something new changes it."""
        now, waits = self._clock(), []
        if self._under_way:
            waits.append(self._under_way[0][1] + self._ack_s - now)
        if self._pose is not None and not self._events and len(self._under_way) < self._window.size:
            waits.append(self._pause_s(now))
        return max(0.0, min(waits)) if waits else None

    def _pause_s(self, now: float) -> float:
        """Seconds until the pose that waits is sent; it gives way to one that comes meanwhile."""
        return max(self._next_pose_at - now, self._arrivals.pause_s(now))
