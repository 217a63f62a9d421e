"""Archives of weights: unpacked without letting them write elsewhere, and searched for the model."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from neuropose_ray.errors import ModelError, first_line
from neuropose_ray.models.weights.catalogue import BLAZEPOSE_FILES, Backend
from neuropose_ray.schemas.archive_damage import ARCHIVE_DAMAGE

#: No pose model is near this size; a decompression bomb is.
MAX_UNPACKED_BYTES = 16 << 30

_PIECE_BYTES = 1 << 20


def unpack(archive: Path, folder: Path, *, shown: str, max_bytes: int = MAX_UNPACKED_BYTES) -> None:
    """Unpack a tar (any compression) or zip archive into ``folder``.

    Only the bytes of regular files are written: links, devices, owners and modes of the archive have no effect.

    Args:
        archive: the file.
        folder: where to; exists.
        shown: the archive's name as errors say it.
        max_bytes: the most that it may hold.

    Raises:
        ModelError: not an archive, damaged, encrypted, larger than ``max_bytes`` unpacked, with a link or a special
            file, or with a member that would land outside ``folder``.
        OSError: the disk cannot be written.
    """
    left = max_bytes
    try:
        for name, packed in _members(archive, shown):
            target = folder / _inside(name, shown)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while piece := packed.read(_PIECE_BYTES):
                    left -= len(piece)
                    if left < 0:
                        raise ModelError(f"holds more than {max_bytes} bytes unpacked", where=shown)
                    file.write(piece)
    except ARCHIVE_DAMAGE as error:
        raise ModelError(f"damaged archive: {first_line(error)}", where=shown, hint="fetch it again") from error


def _members(archive: Path, shown: str) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive, shown)
    elif tarfile.is_tarfile(archive):
        yield from _tar_members(archive, shown)
    else:
        raise ModelError("neither a tar nor a zip archive", where=shown)


def _tar_members(archive: Path, shown: str) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isdir():
                continue
            packed = tar.extractfile(member) if member.isfile() else None
            if packed is None:
                raise ModelError(f"{member.name!r} is a link or a special file", where=shown)
            yield member.name, packed
        # The tar reader takes a cut-off archive for a shorter one; the compressed stream knows its own length.
        while tar.fileobj is not None and tar.fileobj.read(_PIECE_BYTES):
            pass


def _zip_members(archive: Path, shown: str) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            if member.flag_bits & 1:
                raise ModelError("the archive is encrypted", where=shown)
            if not member.is_dir():
                with zipped.open(member) as packed:
                    yield member.filename, packed


def _inside(name: str, shown: str) -> PurePosixPath:
    # A backslash or a colon is a separator or a drive on Windows; no SavedModel has either in a name.
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or any(sign in name for sign in "\\:\0"):
        raise ModelError(f"member {name!r} would land outside the folder", where=shown)
    return path


def locate(folder: Path, *, where: str) -> tuple[Path, Backend]:
    """The one model at or below ``folder``: the folder that a pose model loads, and which pose model that is.

    Raises:
        ModelError: no model, or several.
    """
    saved_models = [path.parent for path in folder.rglob("saved_model.pb")]
    blazepose = [path.parent for path in folder.rglob(BLAZEPOSE_FILES[0]) if _has_blazepose(path.parent)]
    candidates: list[tuple[Path, Backend]] = [(path, "metrabs") for path in saved_models]
    candidates += [(path, "blazepose") for path in blazepose]
    if len(candidates) == 1:
        return candidates[0]
    wanted = f"one saved_model.pb, or {' and '.join(BLAZEPOSE_FILES)}"
    if not candidates:
        raise ModelError("holds no model", where=where, hint=f"it must hold {wanted}")
    names = ", ".join(sorted(str(path.relative_to(folder)) for path, _ in candidates))
    raise ModelError(f"holds {len(candidates)} models ({names})", where=where, hint=f"it must hold {wanted}")


def _has_blazepose(folder: Path) -> bool:
    return all((folder / name).is_file() for name in BLAZEPOSE_FILES)
