"""Whether what is being copied into the inbox is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from neuropose_ray.service.inbox.completeness import is_complete
from neuropose_ray.service.inbox.folders import Entry, FolderSnapshot, is_being_written


class StabilityTracker:
    """Folders and videos that have come, until each is as it was for long enough and nobody writes in it.

    Args:
        settle_s: how long that is.
        unfinished_s: how long what is not complete is waited for, since its last change.
        clock: seconds that never go back.
        wall_clock: seconds since the epoch, as files have them.
    """

    def __init__(
        self,
        settle_s: float,
        unfinished_s: float,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._settle_s, self._unfinished_s, self._clock, self._wall_clock = settle_s, unfinished_s, clock, wall_clock
        self._snapshots: dict[str, tuple[frozenset[Entry], float]] = {}
        self._reasons: dict[str, str] = {}

    @property
    def goes_on(self) -> bool:
        """Whether there is something that has come and is not known to be whole."""
        return bool(self._snapshots)

    def is_over(self, name: str, snapshot: FolderSnapshot, folder: Path) -> bool:
        """Whether something is whole, by how it looks now and how it did before.

        Args:
            name: of it in the inbox.
            snapshot: how it looks.
            folder: in which its videos lie.
        """
        now = self._clock()
        before, since = self._snapshots.get(name, (None, now))
        if before != snapshot.entries:
            since = now
            self._reasons.pop(name, None)
        self._snapshots[name] = (snapshot.entries, since)
        if now - since < self._settle_s:
            return False
        written = [video.file for video in snapshot.videos if is_being_written(folder / video.file)]
        reason = f"{written[0]}, which a program still writes" if written else None
        if reason is None and now - since < self._unfinished_s:
            reason = _unfinished(snapshot, folder, newest_s=self._wall_clock() - self._unfinished_s)
        if reason is None:
            return True
        self._reasons[name] = reason
        return False

    def waits_for(self, name: str) -> str | None:
        """What keeps something from being taken that has not changed for a while."""
        return self._reasons.get(name)

    def forget(self, name: str) -> None:
        """Drop what was taken, or refused."""
        self._snapshots.pop(name, None)
        self._reasons.pop(name, None)

    def keep(self, names: Collection[str]) -> list[str]:
        """Forget all but these names; those that are gone are returned."""
        gone = sorted(self._snapshots.keys() - set(names))
        for name in gone:
            self.forget(name)
        return gone


def _unfinished(snapshot: FolderSnapshot, folder: Path, *, newest_s: float) -> str | None:
    """What is not whole; a part of a file that nobody has written to since ``newest_s`` was left by a broken copy."""
    written_ns = {path: modified_ns for path, _, modified_ns, _ in snapshot.entries}
    if snapshot.partial is not None and written_ns.get(snapshot.partial, 0) > newest_s * 1e9:
        return f"{snapshot.partial}, which seems to be copied still"
    if not snapshot.videos:
        return "a video, or numbered pictures: there are none in it"
    short = next((video.file for video in snapshot.videos if not is_complete(folder / video.file)), None)
    return None if short is None else f"{short}, which is not complete"
