"""Results in an object store: a run works in a folder here, and a video's files go to the store when they are whole.

A store has no renames and no locks, but an object is there whole or not at all. So ``metrics.json``, which says what
the other files were made from and their digest, is the marker of a video: it is removed before other files are
replaced, and comes last. A run that does not find a video in its folder brings the files of marked videos back, and
takes them for its own where they fit: the store is all that has to survive.

Runs of one store that work in one folder are kept apart by the folder's lease; runs in different folders are not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from neuropose_ray.errors import OutputError, SettingsError, first_line
from neuropose_ray.models import default_cache_dir
from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics, read_metrics
from neuropose_ray.pipeline.inputs.object_stores import open_store
from neuropose_ray.schemas.derived_files import is_derived
from neuropose_ray.schemas.result_files import METRICS_FILE, SUMMARY_FILE

if TYPE_CHECKING:
    from pyarrow import fs

#: In a video's folder here: which of its files are in which store.
_STORED_FILE = ".stored"


@dataclass(frozen=True, slots=True)
class ResultStore:
    """An object store's place for results, and the folder in which they are made.

    Attributes:
        url: that pyarrow has a file system for (``s3://``, ``gs://``, ``hdfs://``, ``file://``).
        folder: the run's, on a disk that all workers see.
    """

    url: str
    folder: Path

    def restore(self, names: Iterable[str]) -> None:
        """Fetch the files of marked videos that are not here, and forget what was stored but is gone.

        Args:
            names: of the videos of this run.

        Raises:
            OutputError: the store cannot be read.
        """
        from pyarrow import fs

        with self._reachable() as (system, root):
            listing = system.get_file_info(fs.FileSelector(root, recursive=True, allow_not_found=True))
            there: dict[str, list[str]] = {}
            for info in listing:
                if info.type == fs.FileType.File:
                    name, _, file = info.path.removeprefix(f"{root}/").partition("/")
                    if "/" not in file:  # a run stores no others, and one may lead out of the folder here
                        there.setdefault(name, []).append(file)
            for name in names:
                files = there.get(name, [])
                if METRICS_FILE not in files:
                    (self.folder / name / _STORED_FILE).unlink(missing_ok=True)
                elif not (self.folder / name / METRICS_FILE).exists():
                    self._fetch(system, f"{root}/{name}", name, _marker_last(files))

    def _fetch(self, system: fs.FileSystem, key: str, name: str, files: Sequence[str]) -> None:
        from pyarrow import fs

        (self.folder / name).mkdir(parents=True, exist_ok=True)
        for file in files:
            fs.copy_files(f"{key}/{file}", str(self.folder / name / file), system, fs.LocalFileSystem())
        self._remember(name)

    def store_videos(self, names: Iterable[str]) -> None:
        """Put the files of videos into the store, of those that have any.

        Raises:
            OutputError: the store cannot be written.
        """
        for name in names:
            self.store_video(name)

    def store_video(self, name: str) -> None:
        """Put a video's files into the store, unless they are there.

        Raises:
            OutputError: the store cannot be written.
        """
        if not (self.folder / name / METRICS_FILE).exists() or self._is_stored(name):
            return
        with self._reachable() as (system, root):
            marker = f"{root}/{name}/{METRICS_FILE}"
            of_same_poses = self._has_same_predictions(system, marker, name)
            with suppress(FileNotFoundError):
                system.delete_file(marker)
            if not of_same_poses:
                self._remove_derived(system, f"{root}/{name}", name)
            for file in _marker_last([path.name for path in self._files(name)]):
                _put(system, self.folder / name / file, f"{root}/{name}/{file}")
        self._remember(name)

    def _has_same_predictions(self, system: fs.FileSystem, marker: str, name: str) -> bool:
        """Whether the store has a video's predictions as they are here, so that what was made there holds."""
        here = read_metrics(self.folder / name / METRICS_FILE)
        try:
            with system.open_input_file(marker) as file:
                there = VideoMetrics.model_validate_json(file.readall())
        except (FileNotFoundError, ValidationError):
            return False
        return here is not None and there.predictions_sha256 == here.predictions_sha256

    def _remove_derived(self, system: fs.FileSystem, key: str, name: str) -> None:
        """Remove from the store what was made from other predictions and is no longer here."""
        from pyarrow import fs

        for info in system.get_file_info(fs.FileSelector(key, allow_not_found=True)):
            is_outdated = is_derived(info.base_name) and not (self.folder / name / info.base_name).exists()
            if info.type == fs.FileType.File and is_outdated:
                system.delete_file(info.path)

    def store_summary(self) -> None:
        """Put ``summary.json`` into the store.

        Raises:
            OutputError: the store cannot be written.
        """
        with self._reachable() as (system, root):
            _put(system, self.folder / SUMMARY_FILE, f"{root}/{SUMMARY_FILE}")

    def _files(self, name: str) -> list[Path]:
        return sorted(
            path for path in (self.folder / name).iterdir() if path.is_file() and not path.name.startswith(".")
        )

    def _signature(self, name: str) -> str:
        stats = [(path.name, path.stat()) for path in self._files(name)]
        return "\n".join([self.url, *(f"{file} {stat.st_size} {stat.st_mtime_ns}" for file, stat in stats)])

    def _is_stored(self, name: str) -> bool:
        try:
            return (self.folder / name / _STORED_FILE).read_text("utf-8") == self._signature(name)
        except OSError:
            return False

    def _remember(self, name: str) -> None:
        (self.folder / name / _STORED_FILE).write_text(self._signature(name), "utf-8")

    @contextmanager
    def _reachable(self) -> Iterator[tuple[fs.FileSystem, str]]:
        """The store's file system and the place in it; what goes wrong there is one line."""
        import pyarrow as pa

        try:
            system, root = open_store(self.url)
            yield system, root.rstrip("/")
        except (pa.ArrowException, OSError, ValueError) as error:
            hint = "check the URL and access; the results are kept here, and the same command stores them"
            raise OutputError(f"results cannot be stored ({first_line(error)})", where=self.url, hint=hint) from error


def _marker_last(files: Iterable[str]) -> list[str]:
    return sorted(files, key=lambda file: (file == METRICS_FILE, file))


def _put(system: fs.FileSystem, path: Path, key: str) -> None:
    from pyarrow import fs

    if system.type_name == "local":  # object stores have no folders
        Path(key).parent.mkdir(parents=True, exist_ok=True)
    fs.copy_files(str(path), key, fs.LocalFileSystem(), system)


def output_folder(out: str, work_folder: Path | None = None) -> tuple[Path, ResultStore | None]:
    """The folder in which a run works, and the store that gets its results where the output is a URL.

    Args:
        out: a folder, or a URL of an object store.
        work_folder: with a URL, where results are made before they are stored. Without one it is a folder of the
            user's cache, the same for the same URL, so that the next run goes on there.

    Raises:
        SettingsError: a work folder where the output is a folder itself.
    """
    if "://" not in out:
        if work_folder is not None:
            raise SettingsError("a work folder goes with a URL as output", where=out, hint="leave --work-folder out")
        return Path(out), None
    runs = default_cache_dir().parent / "runs"
    folder = work_folder or runs / hashlib.sha256(out.rstrip("/").encode()).hexdigest()[:16]
    return folder, ResultStore(out, folder.resolve())
