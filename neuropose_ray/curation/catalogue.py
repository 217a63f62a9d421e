"""The catalogue of a frame folder: every picture's own name, digest, size and time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.curation.sequence import FrameSequence

#: 128 bits: two different pictures never share them.
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class FrameFile:
    """One picture's file.

    Attributes:
        name: in its folder.
        number: in the name.
        size: bytes; None where the file cannot be read.
        mtime: seconds since 1970 of its last change; None where the file cannot be read.
        digest: BLAKE2b of its content, 32 hexadecimal digits; None where the file cannot be read.
        error: why it cannot be read.
    """

    name: str
    number: int
    size: int | None = None
    mtime: float | None = None
    digest: str | None = None
    error: str | None = None


def catalogue_of(folder: Path, sequence: FrameSequence) -> tuple[FrameFile, ...]:
    """The files of a sequence in its order; one that cannot be read says why.

    Args:
        folder: where they lie.
        sequence: their names and numbers.
    """
    return tuple(
        _frame_file(folder / name, number) for name, number in zip(sequence.names, sequence.numbers, strict=True)
    )


def repeated_files(files: Sequence[FrameFile]) -> tuple[tuple[FrameFile, ...], ...]:
    """Files of the same content, those of each content together, in the order of the catalogue."""
    by_digest: dict[str, list[FrameFile]] = {}
    for file in files:
        if file.digest is not None:
            by_digest.setdefault(file.digest, []).append(file)
    return tuple(tuple(same) for same in by_digest.values() if len(same) > 1)


def _frame_file(path: Path, number: int) -> FrameFile:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES)).hexdigest()
        status = path.stat()
    except OSError as error:
        return FrameFile(path.name, number, error=f"the file cannot be read ({error.strerror})")
    return FrameFile(path.name, number, status.st_size, status.st_mtime, digest)
