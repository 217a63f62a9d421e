"""Whether a folder that is being copied is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from neuropose_ray.service.inbox.folders import Entry, Look, is_being_written


class Settling:
    """Folders that have come, until each is as it was for long enough and nobody writes in it.

    Args:
        settle_s: how long that is.
        say: told of a folder, by its name, what it waits for.
    """

    def __init__(self, settle_s: float, say: Callable[[str, str], None]) -> None:
        self._settle_s, self._say = settle_s, say
        self._seen: dict[str, tuple[frozenset[Entry], float]] = {}

    @property
    def goes_on(self) -> bool:
        """Whether there is a folder that has come and is not known to be whole."""
        return bool(self._seen)

    def is_over(self, place: Path, look: Look) -> bool:
        """Whether a folder is whole, by how it looks now and how it did before."""
        now = time.monotonic()
        before, since = self._seen.get(place.name, (None, now))
        if before != look.entries:
            since = now
        self._seen[place.name] = (look.entries, since)
        if now - since < self._settle_s:
            return False
        if look.partial is not None:
            self._say(place.name, f"waits for {look.partial}, which seems to be copied still")
            return False
        written = [video.file for video in look.videos if is_being_written(place / video.file)]
        if written:
            self._say(place.name, f"waits for {written[0]}, which a program still writes")
        return not written

    def forget(self, name: str) -> None:
        """A folder that was taken, or refused."""
        self._seen.pop(name, None)

    def keep(self, names: Collection[str]) -> None:
        """Forget the folders that are gone; these are there."""
        for gone in self._seen.keys() - set(names):
            del self._seen[gone]
