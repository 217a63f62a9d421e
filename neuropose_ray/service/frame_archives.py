"""Folders of numbered pictures as archives: packed by a client, unpacked into a job's folder.

The rules are those of all archives that the service takes, see ``inbox/archives.py``; and a job's input is one series
of pictures, whose files keep their names.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import (
    ArchiveEmptyError,
    ArchiveInvalidError,
    ArchiveTooLargeError,
    OutputError,
    StorageFullError,
)
from neuropose_ray.service.inbox.archives import Member, Source, damage_named, opened
from neuropose_ray.service.settings import ArchiveSettings
from neuropose_ray.video import is_image_name, is_image_series, list_images

#: How the names of archives end, longer endings first.
ARCHIVE_ENDINGS = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".zip")
_RESOURCE_FORKS = "__MACOSX"
_BLOCK_BYTES = 1 << 20
#: Of a file that is looked at before a job of its archive is taken.
_LARGEST_PICTURE = 256 << 20
_MAX_NAME_BYTES = 200


def is_archive_name(name: str) -> bool:
    """Whether a file's name is that of an archive."""
    return name.lower().endswith(ARCHIVE_ENDINGS)


def name_in_archive(name: str) -> str:
    """What the frames in an archive are called: its name without the ending."""
    ending = next((ending for ending in ARCHIVE_ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)] or name


def pack_frames(folder: Path, archive: Path) -> None:
    """Write the numbered pictures of a folder into a tar, as they are: pictures do not get smaller.

    Args:
        folder: of one series of pictures.
        archive: the file to write.

    Raises:
        InputNotFoundError: there is no single series of pictures in the folder.
        VideoError: it cannot be listed.
        OutputError: no space, or a picture cannot be read.
    """
    images = list_images(folder)
    try:
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT, dereference=True) as tar:
            for path in sorted((*images.paths, *images.duplicates)):
                if path.is_file():
                    tar.add(path, path.name, recursive=False)
                else:  # a link to nowhere is one bad frame, there as here
                    tar.addfile(tarfile.TarInfo(path.name))
    except OSError as error:
        where = str(error.filename or archive)
        raise OutputError(f"the pictures cannot be packed: {error.strerror}", where=where) from error


def unpack_frames(archive: Path, target: Path, limits: ArchiveSettings) -> Path:
    """The folder of the pictures in an archive, unpacked once: it is there whole or not at all.

    Args:
        archive: of one series of pictures; hidden files, and files of other kinds, are passed over.
        target: the folder.
        limits: on members and bytes.

    Raises:
        ArchiveInvalidError: it is damaged or hostile, or holds several folders of pictures or no series.
        ArchiveTooLargeError: it is beyond the limits.
        ArchiveEmptyError: there is no picture in it.
        StorageFullError: the disk has not the space.
        OutputError: the file system refuses.
    """
    if target.is_dir():
        return target
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with opened(archive, limits) as source:
            with damage_named(archive):
                members = _pictures(source, archive, limits)
            temporary.mkdir(mode=0o700, parents=True)
            needed, free = sum(member.size for member in members), shutil.disk_usage(temporary).free
            if needed > free:
                raise StorageFullError(f"{needed} bytes to unpack, {free} free", hint="free some space")
            with damage_named(archive):
                _unpack(source, members, temporary, archive)
        try:
            temporary.rename(target)
        except OSError:
            if not target.is_dir():  # an earlier try of the same job, given up and still at it, was first
                raise
    except OSError as error:
        what = f"the pictures cannot be unpacked: {error.strerror or error}"
        raise OutputError(what, where=str(error.filename or target)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def look_at_frames(archive: Path, limits: ArchiveSettings) -> tuple[int, NDArray[np.uint8]]:
    """How many pictures are in an archive, and the content of the first one; nothing is written.

    Raises:
        ArchiveInvalidError, ArchiveTooLargeError, ArchiveEmptyError: as :func:`unpack_frames`.
    """
    with opened(archive, limits) as source, damage_named(archive):
        members = _pictures(source, archive, limits)
        for _, stream in source.contents(members[:1]):
            return len(members), np.frombuffer(stream.read(_LARGEST_PICTURE), np.uint8)
    raise ArchiveInvalidError("its first picture is gone", where=str(archive), hint="make it anew")


def _pictures(source: Source, archive: Path, limits: ArchiveSettings) -> Sequence[Member]:
    """The pictures of the only series in an archive."""
    members = list(_all_pictures(source, archive, limits))
    where = str(archive)
    if not members:
        hint = "give one with a folder of pictures image_0, image_1, ...; videos are uploaded as they are"
        raise ArchiveEmptyError("there is no picture in it", where=where, hint=hint)
    folders = {member.parts[:-1] for member in members}
    if len(folders) > 1:
        named = ", ".join(sorted("/".join(parts) or "the top" for parts in folders)[:3])
        hint = "make an archive for each"
        raise ArchiveInvalidError(f"pictures in {len(folders)} folders ({named})", where=where, hint=hint)
    names = [member.parts[-1] for member in members]
    if len({name.casefold() for name in names}) < len(names):
        raise ArchiveInvalidError("two pictures of one name", where=where, hint="make it anew")
    if not is_image_series(names):
        hint = "name the pictures image_0, image_1, ..."
        raise ArchiveInvalidError("its pictures are no single numbered series", where=where, hint=hint)
    return members


def _all_pictures(source: Source, archive: Path, limits: ArchiveSettings) -> Iterator[Member]:
    total = 0
    for member in source.members():
        name = member.parts[-1]
        hidden = any(part.startswith(".") or part == _RESOURCE_FORKS for part in member.parts)
        if hidden or not is_image_name(PurePath(name)):
            continue
        if not name.isprintable() or len(name.encode("utf-8", "surrogateescape")) > _MAX_NAME_BYTES:
            what = f"a picture of the name {name[:40]!r}"
            raise ArchiveInvalidError(what, where=str(archive), hint="rename it: printable letters, 200 bytes")
        total += member.size
        if total > limits.max_uncompressed_bytes:
            what = f"its pictures are larger than {limits.max_uncompressed_bytes} bytes"
            raise ArchiveTooLargeError(what, where=str(archive), hint="split it")
        yield member


def _unpack(source: Source, members: Sequence[Member], folder: Path, archive: Path) -> None:
    for member, stream in source.contents(members):
        name, left = member.parts[-1], member.size
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            while block := stream.read(_BLOCK_BYTES):
                left -= len(block)
                if left < 0:
                    raise ArchiveTooLargeError(f"{name!r} is larger than it says", where=str(archive))
                file.write(block)
        if left:
            raise ArchiveInvalidError(f"{name!r} ends {left} bytes early", where=str(archive), hint="copy it again")
