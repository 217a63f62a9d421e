"""The processes that the service has started on this machine: which are dead or frozen, and the end of them all."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

_KILLED_S = 5.0
#: A process that is frozen as soon as it has started is found after this time at most.
SEARCH_S = 12.0


class ProcessFamily:
    """A process and all that came from it, also those whose parent has died since.

    Args:
        root: its process id.
        clock: seconds that never go back.
        search_s: seconds from one search for new members to the next, which reads all processes of the machine; the
            looks in between are at those that are known.
    """

    def __init__(self, root: int, clock: Callable[[], float] = time.monotonic, search_s: float = SEARCH_S) -> None:
        import psutil

        self._root, self._clock = psutil.Process(root), clock
        self._search_s, self._searched_s = search_s, -math.inf
        self._members: set[psutil.Process] = set()
        self._stopped_since: dict[psutil.Process, float] = {}

    def look(self) -> None:
        """Take in what was started since the last search, if that is long ago, and forget what has ended."""
        import psutil

        if self._clock() - self._searched_s >= self._search_s:
            self._search()
        states = {member: _state(member) for member in self._members}
        self._members = {member for member, state in states.items() if state is not None}
        now = self._clock()
        self._stopped_since = {
            member: self._stopped_since.get(member, now)
            for member, state in states.items()
            if state == psutil.STATUS_STOPPED
        }

    def _search(self) -> None:
        import psutil

        self._searched_s = self._clock()
        with suppress(psutil.NoSuchProcess):
            self._members |= set(self._root.children(recursive=True))

    def missing(self, programs: Collection[str]) -> list[str]:
        """Those of these programs that no living member runs, as far as the last look knows."""
        running = {_program(member) for member in self._members}
        return [program for program in programs if program not in running]

    def frozen(self, limit_s: float) -> list[tuple[str, int]]:
        """Program and process id of the members that have been stopped (SIGSTOP) for longer than a limit."""
        now = self._clock()
        return [
            (_program(member), member.pid) for member, since in self._stopped_since.items() if now - since >= limit_s
        ]

    def kill(self, pid: int | None = None) -> None:
        """End one member, or all of them, and wait a moment for it; the root is left.

        Never a process that came later under the same number: psutil compares the time of its start.
        """
        import psutil

        if pid is None:
            self._search()
        ended = [member for member in self._members if pid in (None, member.pid)]
        for member in ended:
            with suppress(psutil.Error):
                member.kill()
        if pid is not None:
            return
        until = time.monotonic() + _KILLED_S
        # For psutil one runs until its parent has asked for its exit status, which a killed or busy parent does not.
        while any(map(_state, ended)) and time.monotonic() < until:
            time.sleep(0.01)
        psutil.wait_procs(ended, timeout=0)


def _state(process: psutil.Process) -> str | None:
    """The state of a process, None where it has ended."""
    import psutil

    try:
        state = str(process.status())
    except psutil.Error:
        return None
    return None if state in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD) else state


def _program(process: psutil.Process) -> str:
    """The name of what a process runs, or the title that it gives itself."""
    import psutil

    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    return os.path.basename(words[0]) if words else ""  # noqa: PTH119  a title is no path
