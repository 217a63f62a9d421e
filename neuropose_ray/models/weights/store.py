"""The weight store: a model's name or path in, a folder of checked weights out."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from neuropose_ray.errors import DigestMismatchError, OutputError, UnknownModelError, WeightsUnavailableError
from neuropose_ray.models.weights.archive import locate
from neuropose_ray.models.weights.catalogue import (
    ArchiveOrigin,
    Backend,
    PathOrigin,
    WeightSource,
    WheelOrigin,
    resolve,
)
from neuropose_ray.models.weights.fetch import Fetcher
from neuropose_ray.models.weights.record import (
    damage,
    read_record,
    record_of_files,
    record_of_wheel,
    write_record,
)
from neuropose_ray.models.weights.settings import DownloadPolicy, Progress, WeightSettings, no_progress
from neuropose_ray.schemas.digest import file_sha256

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights on this machine, ready to be loaded.

    Attributes:
        path: the folder that the pose model loads: a SavedModel, or one with the two BlazePose files.
        sha256: what identifies the weights, wherever they lie.
        filename: what ``sha256`` is the digest of.
        backend: the pose model that runs them.
    """

    path: Path
    sha256: str
    filename: str
    backend: Backend


class WeightStore:
    """A cache folder of weights that fills itself.

    It needs to be writable only while something is fetched. Several processes may share it: one fetches, the others
    wait and use what it fetched. It holds one folder per weights; ``KEY.sha256`` where the publisher gives no digest,
    so that the first download counts as the true one; and in ``.work`` what is under way.

    Args:
        cache_dir: the folder; made when first needed.
        mirror: URL of a folder with the catalogue's archives, used instead of the publisher's.
        offline: never use the network.
        policy: how patient downloads are.
    """

    def __init__(
        self,
        cache_dir: Path,
        *,
        mirror: str | None = None,
        offline: bool = False,
        policy: DownloadPolicy | None = None,
    ) -> None:
        self._cache_dir = cache_dir
        self._work_dir = cache_dir / ".work"
        self._fetcher = Fetcher(cache_dir, mirror, offline, policy or DownloadPolicy())

    @classmethod
    def from_settings(cls, settings: WeightSettings) -> WeightStore:
        """The store that settings describe."""
        return cls(settings.cache_dir, mirror=settings.mirror, offline=settings.offline)

    def path(self, model: str, *, progress: Progress = no_progress) -> Weights:
        """Weights for a model: fetched if they are not there, fetched again if they are damaged.

        A licence that a user must know of is logged as a warning, once per cache.

        Args:
            model: what :func:`~neuropose_ray.models.weights.catalogue.resolve` takes: a name, a URL, a path.
            progress: called after every piece of a download.

        Raises:
            UnknownModelError: no such name, folder or file.
            WeightsUnavailableError: not in the cache, and offline or not to be had.
            DigestMismatchError: other bytes came than expected, twice.
            ModelError: the archive or folder is damaged or does not hold exactly one model.
            OutputError: the cache, or the user's own folder, cannot be read or written.
        """
        source = resolve(model)
        with self._disk_errors():
            try:
                weights = self._inspect(source, every_byte=False)
            except DigestMismatchError as damaged:
                logger.warning("%s", damaged)
                weights = None
            weights = weights or self._fetch_once(source, progress)
        self._show_licence_once(source)
        return weights

    def cached(self, model: str) -> Weights | None:
        """Weights if they are on this machine already, else None.

        Raises:
            UnknownModelError: no such name, folder or file.
            DigestMismatchError: they are there and damaged.
            ModelError: the user's own folder does not hold exactly one model.
            OutputError: as in :meth:`path`.
        """
        with self._disk_errors():
            return self._inspect(resolve(model), every_byte=False)

    def expected(self, model: str) -> Weights:
        """Weights as they are on this machine, or as they would be if they were fetched; nothing is.

        What identifies them is empty where that is not known before.

        Raises:
            UnknownModelError: no such name, folder or file.
            ModelError: the user's own folder does not hold exactly one model.
            OutputError: as in :meth:`path`.
        """
        source = resolve(model)
        with self._disk_errors():
            try:
                weights = self._inspect(source, every_byte=False)
            except DigestMismatchError:  # damaged: a run fetches them again
                weights = None
            return weights or self._before_fetching(source)

    def _before_fetching(self, source: WeightSource) -> Weights:
        folder, origin = self._folder(source), source.origin
        match origin:
            case WheelOrigin():
                record = record_of_wheel(origin)
                return Weights(folder, record.sha256, record.filename, record.backend)
            case ArchiveOrigin():
                return Weights(folder, self._expected_sha256(source) or "", origin.filename, "metrabs")
            case PathOrigin(path):
                return Weights(folder, file_sha256(path), path.name, "metrabs")

    def verify(self, model: str) -> Weights:
        """Hash every byte of weights that are on this machine.

        Raises:
            UnknownModelError: no such name, folder or file.
            WeightsUnavailableError: they are not on this machine.
            DigestMismatchError: they are not what was fetched.
            ModelError: the user's own folder does not hold exactly one model.
            OutputError: as in :meth:`path`.
        """
        source = resolve(model)
        with self._disk_errors():
            weights = self._inspect(source, every_byte=True)
        if weights is None:
            hint = f"`neuropose-ray models pull {source.name}` fetches it"
            raise WeightsUnavailableError(f"not in {self._cache_dir}", where=source.name, hint=hint)
        return weights

    def _inspect(self, source: WeightSource, *, every_byte: bool) -> Weights | None:
        if isinstance(source.origin, PathOrigin) and not source.origin.path.is_file():
            return _own_folder(source.origin.path)
        folder = self._folder(source)
        if not folder.is_dir():
            return None
        hint = f"`neuropose-ray models pull {source.name}` fetches it again"
        record = record_of_wheel(source.origin) if isinstance(source.origin, WheelOrigin) else read_record(folder)
        if record is None:
            raise DigestMismatchError("weights without a record of their digest", where=str(folder), hint=hint)
        expected = self._expected_sha256(source)
        if expected not in (None, record.sha256):
            raise DigestMismatchError(f"came from {record.sha256}, not {expected}", where=str(folder), hint=hint)
        if problem := damage(folder, record, every_byte=every_byte):
            raise DigestMismatchError(f"damaged weights: {problem}", where=str(folder), hint=hint)
        return Weights(folder, record.sha256, record.filename, record.backend)

    def _fetch_once(self, source: WeightSource, progress: Progress) -> Weights:
        with self._locked(source):
            try:
                if weights := self._inspect(source, every_byte=False):
                    return weights  # another process fetched it while this one waited
            except DigestMismatchError:
                logger.info("%s: fetching again", source.name)
            try:
                return self._fetch(source, progress)
            except DigestMismatchError as mismatch:
                logger.warning("%s; trying once more", mismatch)
            try:
                return self._fetch(source, progress)
            except DigestMismatchError as mismatch:
                raise DigestMismatchError(
                    mismatch.what, where=mismatch.where, hint=self._trust_hint(source)
                ) from mismatch

    def _fetch(self, source: WeightSource, progress: Progress) -> Weights:
        """Fetch into the working folder, then place by one rename, so that the cache never shows half of it."""
        folder = self._folder(source)
        work = self._work_dir / folder.name
        staged, record = self._fetcher.fetch(
            source, work, expected_sha256=self._expected_sha256(source), progress=progress
        )
        write_record(staged, record)
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)
        if isinstance(source.origin, ArchiveOrigin) and source.origin.sha256 is None:
            self._pin(source).write_text(f"{record.sha256}  {record.filename}\n", "utf-8")
        shutil.rmtree(work, ignore_errors=True)
        return Weights(folder, record.sha256, record.filename, record.backend)

    def _folder(self, source: WeightSource) -> Path:
        if not isinstance(source.origin, PathOrigin):
            return self._cache_dir / source.key
        # A user's archive is known by where it lies and when it changed: hashing gigabytes at every start is slow.
        stat = source.origin.path.stat()
        version = f"{source.origin.path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
        return self._cache_dir / f"{source.key}-{sha256(version.encode()).hexdigest()[:12]}"

    def _pin(self, source: WeightSource) -> Path:
        return self._cache_dir / f"{source.key}.sha256"

    def _expected_sha256(self, source: WeightSource) -> str | None:
        """The publisher's digest of an archive, else the first download's, else None."""
        if not isinstance(source.origin, ArchiveOrigin):
            return None
        pin = self._pin(source)
        if source.origin.sha256 is None and pin.is_file():
            return next(iter(pin.read_text("utf-8").split()), None)
        return source.origin.sha256

    def _trust_hint(self, source: WeightSource) -> str:
        if self._pin(source).is_file():
            return f"if you trust the new file more than the first one, delete {self._pin(source)}"
        return "the file was changed on the way or by its publisher: do not use it"

    @contextmanager
    def _locked(self, source: WeightSource) -> Iterator[None]:
        from filelock import FileLock

        self._work_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(self._work_dir / f"{self._folder(source).name}.lock"):
            yield

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"cannot be read or written: {error.strerror or error}",
                where=str(error.filename or self._cache_dir),
                hint="see to its permissions and the room on the disk, or choose another folder with --cache-dir",
            ) from error

    def _show_licence_once(self, source: WeightSource) -> None:
        if source.licence is None or source.licence.notice is None:
            return
        try:
            self._work_dir.mkdir(parents=True, exist_ok=True)
            (self._work_dir / f"{source.key}.licence_shown").touch(exist_ok=False)
        except FileExistsError:
            return
        except OSError:
            pass  # a read-only cache cannot remember; showing it again does no harm
        logger.warning("%s", source.licence.notice)


def _own_folder(path: Path) -> Weights:
    if not path.is_dir():
        raise UnknownModelError("no such file or folder", where=str(path))
    folder, backend = locate(path, where=str(path))
    record = record_of_files(folder, sha256=None, filename=path.resolve().name, backend=backend)
    return Weights(folder, record.sha256, record.filename, record.backend)
