"""What is in a zip, a tar or a folder, told without writing anything, and refused where it is hostile or damaged.

Nothing of an archive decides where a file is written: members are read as streams, and the caller names the files.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from neuropose_ray.errors import ArchiveInvalidError, ArchiveTooLargeError, InputNotFoundError, first_line
from neuropose_ray.schemas.archive_damage import ARCHIVE_DAMAGE
from neuropose_ray.service.settings import ArchiveSettings

#: No honest archive has more in one table of names or one extended header, which Python reads in one piece.
_LARGEST_READ = 64 * 1024**2
_BLOCK_BYTES = 1 << 20
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}


class Member(NamedTuple):
    """One file of an archive: its place in the archive's order, its path, and the size that is declared."""

    position: int
    parts: tuple[str, ...]
    size: int


class Source(Protocol):
    """An archive or a folder."""

    def members(self) -> Iterator[Member]:
        """All files, in the archive's order."""

    def contents(self, wanted: Collection[Member]) -> Iterator[tuple[Member, BinaryIO]]:
        """The streams of some members, in the archive's order; each is read before the next is asked for."""


@contextmanager
def opened(path: Path, limits: ArchiveSettings) -> Iterator[Source]:
    """A zip, a tar (plain, gz, bz2, xz, and zst where Python has it), or a folder.

    Raises:
        InputNotFoundError: there is nothing at ``path``.
        ArchiveInvalidError: it is none of these, is damaged or encrypted, or has members that are links or devices
            or point outside.
        ArchiveTooLargeError: more members or more bytes than the limits allow.
    """
    if not path.exists():
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="check the path")
    with ExitStack() as stack:
        with damage_named(path):
            source = _source(path, limits, stack)
        yield source


def _source(path: Path, limits: ArchiveSettings, stack: ExitStack) -> Source:
    if path.is_dir():
        return _Folder(path, limits)
    file = stack.enter_context(_BoundedFile(path, "rb"))
    # Not zipfile.is_zipfile: it takes a tar for a zip whose last member is one.
    is_zip = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    file.seek(0)
    if is_zip:
        return _Zip(path, limits, stack.enter_context(zipfile.ZipFile(file)))
    return _Tar(path, limits, file)


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what the archive libraries raise for damaged and encrypted content into one typed error.

    For reading alone: the same exceptions from what is done with the content are faults of another kind.
    """
    try:
        yield
    except ARCHIVE_DAMAGE as error:
        raise ArchiveInvalidError(
            f"damaged ({first_line(error)})", where=str(path), hint="make or copy it again"
        ) from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk, not the content; a damaged place gives a wrong seek
            raise
        raise ArchiveInvalidError(f"damaged ({error})", where=str(path), hint="make or copy it again") from error


def safe_parts(name: str, where: Path) -> tuple[str, ...]:
    """The parts of a member's path.

    Raises:
        ArchiveInvalidError: it is absolute, has a drive letter, or goes up.
    """
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        raise ArchiveInvalidError(f"the path of {name!r} is absolute", where=str(where), hint="make it without")
    parts = tuple(part for part in re.split(r"[/\\]", name) if part not in ("", "."))
    if ".." in parts or "\x00" in name or not parts:
        raise ArchiveInvalidError(f"the path of {name!r} is a traversal", where=str(where), hint="make it without")
    return parts


class _BoundedFile(io.FileIO):
    """A file that gives no more in one piece than an honest archive needs."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGEST_READ:
            raise ArchiveTooLargeError(f"a table or header of {size} bytes", where=str(self.name))
        return super().read(size)


class _Counted(io.RawIOBase):
    """A decompressed stream: seeks forward by reading, and gives no more than the limit in all."""

    def __init__(self, stream: BinaryIO, where: Path, limit: int) -> None:
        self._stream, self._where, self._limit = stream, where, limit
        self._given = 0
        self.last_read = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._given

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence != os.SEEK_SET or offset < self._given:
            raise io.UnsupportedOperation("seeks forward only")
        while self._given < offset and self.read(min(_BLOCK_BYTES, offset - self._given)):
            pass
        return self._given

    def read(self, size: int = -1, /) -> bytes:
        if size > _LARGEST_READ:
            raise ArchiveTooLargeError(f"a header of {size} bytes", where=str(self._where))
        block = self._stream.read(_BLOCK_BYTES if size < 0 else size)
        self.last_read = block
        self._given += len(block)
        if self._given > self._limit:
            raise ArchiveTooLargeError(f"more than {self._limit} bytes unpacked", where=str(self._where))
        return block


def _refuse(what: str, name: str, where: Path) -> ArchiveInvalidError:
    return ArchiveInvalidError(f"{name!r} is {what}", where=str(where), hint="make the archive without it")


def _too_many(limits: ArchiveSettings, where: Path) -> ArchiveTooLargeError:
    return ArchiveTooLargeError(f"more than {limits.max_members} members", where=str(where), hint="split it")


class _Zip:
    def __init__(self, path: Path, limits: ArchiveSettings, archive: zipfile.ZipFile) -> None:
        self._path, self._limits, self._archive = path, limits, archive

    def members(self) -> Iterator[Member]:
        infos = self._archive.infolist()
        if len(infos) > self._limits.max_members:
            raise _too_many(self._limits, self._path)
        for index, info in enumerate(infos):
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refuse("a link or a device", info.filename, self._path)
            if info.is_dir():
                continue
            parts = safe_parts(info.filename, self._path)
            if info.flag_bits & 0x1:
                raise _refuse("encrypted", info.filename, self._path)
            yield Member(index, parts, info.file_size)

    def contents(self, wanted: Collection[Member]) -> Iterator[tuple[Member, BinaryIO]]:
        infos = self._archive.infolist()
        for member in sorted(wanted):
            with self._archive.open(infos[member.position]) as stream:
                yield member, cast("BinaryIO", stream)


class _Tar:
    def __init__(self, path: Path, limits: ArchiveSettings, file: BinaryIO) -> None:
        self._path, self._limits, self._file = path, limits, file

    def members(self) -> Iterator[Member]:
        with self._opened() as archive:
            for index, info in self._infos(archive):
                if info.isdir():
                    continue
                if not info.isreg():
                    raise _refuse("a link or a device", info.name, self._path)
                yield Member(index, safe_parts(info.name, self._path), info.size)

    def contents(self, wanted: Collection[Member]) -> Iterator[tuple[Member, BinaryIO]]:
        by_position = {member.position: member for member in wanted}
        with self._opened() as archive:
            for index, info in self._infos(archive):
                stream = archive.extractfile(info) if index in by_position else None
                if stream is not None:
                    yield by_position[index], cast("BinaryIO", stream)

    def _infos(self, archive: tarfile.TarFile) -> Iterator[tuple[int, tarfile.TarInfo]]:
        index = 0
        while (info := archive.next()) is not None:
            if index >= self._limits.max_members:
                raise _too_many(self._limits, self._path)
            yield index, info
            index += 1
            archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
        # tarfile takes a damaged header for the end; a real end is zeros. To read on to the last byte also
        # compares the checksum of the compression.
        stream = cast("_Counted", archive.fileobj)
        block = stream.last_read
        while not block.strip(b"\x00"):
            if not (block := stream.read(_BLOCK_BYTES)):
                return
        raise ArchiveInvalidError("damaged in the middle", where=str(self._path), hint="make or copy it again")

    @contextmanager
    def _opened(self) -> Iterator[tarfile.TarFile]:
        # Headers, padding and what is no video come on top of the videos.
        limit = self._limits.max_uncompressed_bytes + 1024**3
        self._file.seek(0)
        stream = _Counted(_decompressed(self._file, self._path), self._path, limit)
        try:
            archive = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115
        except tarfile.ReadError as error:
            raise ArchiveInvalidError(
                "neither a zip nor a tar", where=str(self._path), hint="give a zip, a tar (gz, bz2, xz) or a folder"
            ) from error
        with archive:
            yield archive


def _decompressed(file: BinaryIO, where: Path) -> BinaryIO:
    head = file.read(6)
    file.seek(0)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    if kind == "gz":
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if kind == "bz2":
        return cast("BinaryIO", bz2.BZ2File(file))
    if kind == "xz":
        return cast("BinaryIO", lzma.LZMAFile(file))
    if kind == "zst":
        try:
            from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # from Python 3.14 on
        except ImportError:
            raise ArchiveInvalidError(
                "this Python cannot read zst", where=str(where), hint="use gz, or Python 3.14"
            ) from None
        return cast("BinaryIO", zstd.ZstdFile(file))
    return file


class _Folder:
    def __init__(self, path: Path, limits: ArchiveSettings) -> None:
        self._path, self._limits = path, limits

    def members(self) -> Iterator[Member]:
        for index, (file, entry) in enumerate(self._walk()):
            if index >= self._limits.max_members:
                raise _too_many(self._limits, self._path)
            yield Member(index, file.relative_to(self._path).parts, entry.stat(follow_symlinks=False).st_size)

    def contents(self, wanted: Collection[Member]) -> Iterator[tuple[Member, BinaryIO]]:
        for member in sorted(wanted):
            # Not through a link that took a file's place since it was looked at.
            descriptor = os.open(self._path.joinpath(*member.parts), os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as stream:
                yield member, stream

    def _walk(self) -> Iterator[tuple[Path, os.DirEntry[str]]]:
        """All files, however deep, those of each folder by name; no call is made for a level."""
        waiting = _entries(self._path)
        while waiting:
            entry = waiting.pop()
            if entry.is_dir(follow_symlinks=False):
                waiting += _entries(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path), entry
            else:
                raise _refuse("a link or a device", entry.name, self._path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, from the last name to the first."""
    with os.scandir(folder) as listing:
        return sorted(listing, key=lambda entry: entry.name, reverse=True)
