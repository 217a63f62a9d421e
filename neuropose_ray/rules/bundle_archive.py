"""The zip of a bundle, read with suspicion: nothing is unpacked, and nothing costs more than its limits allow."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from neuropose_ray.errors import BundleError, first_line
from neuropose_ray.schemas.archive_damage import ARCHIVE_DAMAGE

#: Plain names in plain folders: what every file system takes as it is, and none as a way out.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,3}")
#: What a bundle may hold, by the ends of names.
_ALLOWED: Final = (".json", ".yaml", ".yml", ".onnx", ".md", ".txt", "LICENSE", "README")
#: Files that hold pickles, which run any code when they are loaded.
_PICKLES: Final = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".bin")
#: How pickles of every protocol from 2 on, and zips of PyTorch, begin. ONNX files begin with a field's number.
_PICKLE_BYTES: Final = re.compile(rb"\x80[\x02-\x05]|PK\x03\x04")
#: Weights in a file beside: the key "location" of a protobuf entry, however its numbers are written.
_EXTERNAL: Final = re.compile(rb"(?:\x0a|\x8a\x80*\x00)(?:\x08|\x88\x80*\x00)location")
_PIECE_BYTES: Final = 1 << 16
#: A table of contents beyond this is no bundle's; Python reads it in one piece.
_TABLE_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class BundleLimits:
    """How large a bundle may be.

    Attributes:
        max_archive_bytes: as it lies on the disk.
        max_bytes: of all files unpacked.
        max_members: files and folders.
    """

    max_archive_bytes: int = 256 << 20
    max_bytes: int = 512 << 20
    max_members: int = 64


class _BoundedBytes(io.BytesIO):
    """Bytes that are given in small pieces alone."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _TABLE_BYTES:
            raise BundleError(f"a table of {size} bytes")
        return super().read(size)


def read_members(data: bytes, where: str, limits: BundleLimits) -> dict[str, bytes]:
    """All files of a zip by their paths.

    Args:
        data: the zip.
        where: how errors name it.
        limits: on members and bytes.

    Raises:
        BundleError: it is no zip, damaged, encrypted, too large unpacked, or holds a file twice, a link or device, a
            path that is not plain, a pickle, or a kind of file that no bundle has.
    """
    members: dict[str, bytes] = {}
    left = limits.max_bytes
    with _damage_named(where), zipfile.ZipFile(_BoundedBytes(data)) as archive:
        infos = archive.infolist()
        if len(infos) > limits.max_members:
            raise BundleError(f"holds {len(infos)} files, more than {limits.max_members}", where=where)
        for info in infos:
            _check_member(info, where)
            if info.is_dir():
                continue
            if info.filename.lower() in {name.lower() for name in members}:
                raise BundleError(f"holds {info.filename} twice", where=where)
            members[info.filename] = content = _content(archive, info, left, where)
            left -= len(content)
            _check_content(info.filename, content, where)
    return members


def check_name(name: str, where: str) -> None:
    """Refuse a path that no file of a bundle may have.

    Args:
        name: relative, with slashes.
        where: how errors name the bundle.

    Raises:
        BundleError: the path is not plain, or the file of a kind that no bundle has.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise BundleError(f"{_shown(name)} is no plain path", where=where, hint="use letters, digits and folders")
    if name.lower().endswith(_PICKLES):
        raise BundleError(
            f"{name} may hold pickles, which run code when they are loaded", where=where, hint="convert it to ONNX"
        )
    if not name.endswith(_ALLOWED):
        raise BundleError(f"{name} is of a kind that no bundle holds", where=where, hint="leave it out")


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    try:
        yield
    except BundleError as error:
        raise BundleError(error.what, where=where, hint=error.hint) from None
    except (*ARCHIVE_DAMAGE, OSError, LookupError) as error:  # all is in memory: no disk can be meant
        raise BundleError(f"no zip, or damaged ({first_line(error)})", where=where, hint="make it again") from error


def _check_member(info: zipfile.ZipInfo, where: str) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BundleError(f"{_shown(info.filename)} is a link or a device", where=where)
    # zipfile cuts names at a zero byte and turns backslashes on Windows; the archive's own name counts.
    if info.orig_filename != info.filename:
        raise BundleError(f"{_shown(info.orig_filename)} is no plain path", where=where)
    if info.is_dir():
        if not _NAME.fullmatch(info.filename[:-1]) or ".." in info.filename or info.file_size:
            raise BundleError(f"{_shown(info.filename)} is no plain path", where=where)
        return
    check_name(info.filename, where)
    if info.flag_bits & 0x1:
        raise BundleError(f"{info.filename} is encrypted", where=where)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{info.filename} is compressed in a way that is not read", where=where, hint="use deflate")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int, where: str) -> bytes:
    too_large = BundleError("holds more bytes unpacked than it may", where=where)
    if info.file_size > left:
        raise too_large
    pieces, length = [], 0
    with archive.open(info) as packed:
        while piece := packed.read(_PIECE_BYTES):
            length += len(piece)
            if length > left:
                raise too_large
            pieces.append(piece)
    return b"".join(pieces)


def _check_content(name: str, content: bytes, where: str) -> None:
    if _PICKLE_BYTES.match(content):
        raise BundleError(f"{name} is a pickle or an archive", where=where, hint="convert it to ONNX")
    if name.endswith(".onnx") and _EXTERNAL.search(content):
        raise BundleError(f"{name} keeps weights in another file", where=where, hint="store them in the model")


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:80]}...")
