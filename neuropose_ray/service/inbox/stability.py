"""Whether a folder that is being copied is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from neuropose_ray.service.inbox.folders import Entry, FolderSnapshot, is_being_written


class StabilityTracker:
    """Folders that have come, until each is as it was for long enough and nobody writes in it.

    Args:
        settle_s: how long that is.
        say: told of a folder, by its name, what it waits for.
    """

    def __init__(self, settle_s: float, say: Callable[[str, str], None]) -> None:
        self._settle_s, self._say = settle_s, say
        self._snapshots: dict[str, tuple[frozenset[Entry], float]] = {}

    @property
    def goes_on(self) -> bool:
        """Whether there is a folder that has come and is not known to be whole."""
        return bool(self._snapshots)

    def is_over(self, path: Path, snapshot: FolderSnapshot) -> bool:
        """Whether a folder is whole, by how it looks now and how it did before."""
        now = time.monotonic()
        before, since = self._snapshots.get(path.name, (None, now))
        if before != snapshot.entries:
            since = now
        self._snapshots[path.name] = (snapshot.entries, since)
        if now - since < self._settle_s:
            return False
        if snapshot.partial is not None:
            self._say(path.name, f"waits for {snapshot.partial}, which seems to be copied still")
            return False
        written = [video.file for video in snapshot.videos if is_being_written(path / video.file)]
        if written:
            self._say(path.name, f"waits for {written[0]}, which a program still writes")
        return not written

    def forget(self, name: str) -> None:
        """A folder that was taken, or refused."""
        self._snapshots.pop(name, None)

    def keep(self, names: Collection[str]) -> None:
        """Forget the folders that are gone; these are there."""
        for gone in self._snapshots.keys() - set(names):
            del self._snapshots[gone]
