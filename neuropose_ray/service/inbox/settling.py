"""Whether what is being copied into the inbox is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from neuropose_ray.service.inbox.completeness import is_complete
from neuropose_ray.service.inbox.folders import Entry, Look, is_being_written


class Settling:
    """Folders and videos that have come, until each is as it was for long enough and nobody writes in it.

    Args:
        settle_s: how long that is.
        unfinished_s: how long what is not complete is waited for, since its last change.
        clock: seconds that never go back.
    """

    def __init__(self, settle_s: float, unfinished_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settle_s, self._unfinished_s, self._clock = settle_s, unfinished_s, clock
        self._seen: dict[str, tuple[frozenset[Entry], float]] = {}
        self._reasons: dict[str, str] = {}

    @property
    def goes_on(self) -> bool:
        """Whether there is something that has come and is not known to be whole."""
        return bool(self._seen)

    def is_over(self, name: str, look: Look, folder: Path) -> bool:
        """Whether something is whole, by how it looks now and how it did before.

        Args:
            name: of it in the inbox.
            look: how it looks.
            folder: in which its videos lie.
        """
        now = self._clock()
        before, since = self._seen.get(name, (None, now))
        if before != look.entries:
            since = now
            self._reasons.pop(name, None)
        self._seen[name] = (look.entries, since)
        if now - since < self._settle_s:
            return False
        written = [video.file for video in look.videos if is_being_written(folder / video.file)]
        reason = f"{written[0]}, which a program still writes" if written else None
        if reason is None and now - since < self._unfinished_s:
            reason = _unfinished(look, folder)
        if reason is None:
            return True
        self._reasons[name] = reason
        return False

    def waits_for(self, name: str) -> str | None:
        """What keeps something from being taken that has not changed for a while."""
        return self._reasons.get(name)

    def forget(self, name: str) -> None:
        """Drop what was taken, or refused."""
        self._seen.pop(name, None)
        self._reasons.pop(name, None)

    def keep(self, names: Collection[str]) -> list[str]:
        """Forget all but these names; those that are gone are returned."""
        gone = sorted(self._seen.keys() - set(names))
        for name in gone:
            self.forget(name)
        return gone


def _unfinished(look: Look, folder: Path) -> str | None:
    if look.partial is not None:
        return f"{look.partial}, which seems to be copied still"
    if not look.videos:
        return "a video: there is none in it"
    short = next((video.file for video in look.videos if not is_complete(folder / video.file)), None)
    return None if short is None else f"{short}, which is not complete"
