"""How many poses may be under way to a client: as many as its line holds, and none that wait behind each other."""

from __future__ import annotations

#: A pose that took so many times the shortest time has waited behind others.
_WAITED = 1.5
#: Acknowledgements until one more is tried, doubled whenever that was of no use.
_TRY_AFTER, _TRY_AFTER_MOST = 2, 64
#: The shortest time is forgotten after so many acknowledgements: clients and lines change.
_REMEMBERED = 256


class Window:
    """Counts poses under way.

    Over a line with a long delay more than one has to be under way, or the client gets fewer than it could deal with.
    A client that is slow itself has none sooner for it: what is sent while it is busy waits there, and is old when
    its turn comes. The times from pose to acknowledgement tell which it is (as TCP Vegas tells a long line from a
    full one): they grow with the number of poses under way only where these wait.

    Args:
        most: poses under way at any time.
    """

    def __init__(self, most: int) -> None:
        self._most, self.size = most, 1
        self._shortest_s = float("inf")
        self._acknowledged = 0
        self._try_after, self._tried_at = _TRY_AFTER, 0

    def acknowledged(self, took_s: float, *, lacks: bool) -> None:
        """Take note of an acknowledgement.

        Args:
            took_s: since the pose was sent.
            lacks: whether a pose waits, or was left out, that could have been sent with a larger window.
        """
        self._acknowledged += 1
        if self._acknowledged % _REMEMBERED == 0:
            self._shortest_s = took_s
        self._shortest_s = min(self._shortest_s, took_s)
        if took_s > _WAITED * self._shortest_s and self.size > 1:
            self.size -= 1
            self._try_after = min(2 * self._try_after, _TRY_AFTER_MOST)
            self._tried_at = self._acknowledged
        elif lacks and self.size < self._most and self._acknowledged - self._tried_at >= self._try_after:
            self.size += 1
            self._tried_at = self._acknowledged
