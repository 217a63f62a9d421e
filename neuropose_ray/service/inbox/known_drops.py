"""The drops that the inbox knows, one at most of each folder's name: in memory, on the disk, in the status file."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from neuropose_ray.schemas.jobs import JobInput, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.drops import DropRecord, DropStore, Outcome, write_token
from neuropose_ray.service.inbox.folders import FolderSnapshot, take_snapshot
from neuropose_ray.service.inbox.status_file import StatusEntry, StatusFile


class KnownDrops:
    """Drops by their folders, over restarts of the service.

    Args:
        data: the service's folder.
        status: the inbox's status file.
        workflow: of the jobs that new drops become.
    """

    def __init__(self, data: DataFolder, status: StatusFile, workflow: str) -> None:
        self._data, self._status, self._workflow = data, status, workflow
        self._store = DropStore(data.drops)
        self._drops: dict[str, DropRecord] = {}

    def __iter__(self) -> Iterator[DropRecord]:
        return iter(tuple(self._drops.values()))

    def __contains__(self, folder: str) -> bool:
        return folder in self._drops

    def get(self, folder: str) -> DropRecord | None:
        """The drop of a folder, None where none is known."""
        return self._drops.get(folder)

    def load(self) -> None:
        """Read what an earlier service knew, and bring the status file up to date with it."""
        before = self._status.load()
        is_new = self._store.is_new
        self._store.create()
        if is_new:
            self._adopt(before)
        self._drops = self._newest()
        for folder, entry in before.items():
            if entry.status == "processing" and folder not in self._drops:
                self._status.set(folder, None)
        for drop in self._drops.values():
            entry = StatusEntry.waiting(drop) if drop.outcome is None else StatusEntry.completed(drop, drop.outcome)
            self._status.set(drop.folder, entry)

    def _newest(self) -> dict[str, DropRecord]:
        """The drops by their folder; of two of one name the earlier was about to be forgotten."""
        newest: dict[str, DropRecord] = {}
        for drop in sorted(self._store.drops(), key=lambda drop: drop.request.submitted_at):
            if drop.folder in newest:
                self._store.remove(newest[drop.folder].id)
            newest[drop.folder] = drop
        return newest

    def _adopt(self, entries: dict[str, StatusEntry]) -> None:
        """Take a folder of NeuroPose's over: what it completed is not done again."""
        for folder, entry in entries.items():
            path = self._data.inbox / folder
            if entry.status != "completed" or not path.is_dir():
                continue
            videos = take_snapshot(path).videos
            if videos and (self._data.outbox / folder / "results.json").exists():
                ended_at = entry.completed_at or entry.started_at
                results = entry.results_path or str(self._data.outbox / folder / "results.json")
                outcome = Outcome(started_at=entry.started_at, completed_at=ended_at, results=results)
                drop = self._new(folder, FolderSnapshot(frozenset(), videos, None, ()))
                write_token(path, drop.id)
                self._store.put(drop.model_copy(update={"outcome": outcome}))

    def add(self, folder: str, snapshot: FolderSnapshot) -> DropRecord:
        """Take a folder as a new drop. It is on the disk when this returns; an earlier one of its name is forgotten.

        Raises:
            OutputError: the folder or the store cannot be written.
        """
        drop, earlier = self._new(folder, snapshot), self._drops.get(folder)
        write_token(self._data.inbox / folder, drop.id)
        self._store.put(drop)
        if earlier is not None:
            self.forget(earlier)  # its job may run on, but this name is another drop's now
        self._drops[folder] = drop
        self._status.set(folder, StatusEntry.waiting(drop))
        return drop

    def _new(self, folder: str, snapshot: FolderSnapshot) -> DropRecord:
        sizes: Counter[str] = Counter()
        for video in snapshot.videos:  # the pictures of a frame folder are one input
            sizes[video.input.partition("/")[0]] += video.size_bytes
        inputs = tuple(JobInput(name=name, size_bytes=size) for name, size in sizes.items())
        request = JobRequest(
            id=uuid.uuid4().hex,
            workflow=self._workflow,
            inputs=inputs,
            source="inbox",
            folder=folder,
            submitted_at=datetime.now(UTC),
        )
        return DropRecord(folder=folder, request=request, videos=snapshot.videos)

    def end(self, drop: DropRecord, outcome: Outcome) -> None:
        """Keep the outcome of a drop whose job has completed."""
        ended = drop.model_copy(update={"outcome": outcome})
        self._store.put(ended)
        self._drops[drop.folder] = ended
        self._status.set(drop.folder, StatusEntry.completed(ended, outcome))

    def forget(self, drop: DropRecord) -> None:
        """Know a drop no more; its folder may be dropped again."""
        self._store.remove(drop.id)
        if self._drops.get(drop.folder) == drop:
            del self._drops[drop.folder]
