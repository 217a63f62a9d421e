"""Records of weights in the cache: what was put there, and whether it is unchanged."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from neuropose_ray.models.weights.catalogue import BLAZEPOSE_FILES, Backend, WheelOrigin
from neuropose_ray.models.weights.digest import combined_sha256, folder_files
from neuropose_ray.schemas.digest import file_sha256

RECORD_NAME = "neuropose_ray_weights.json"

#: Hashing this much takes under a tenth of a second, so it is done at every use and not only by ``verify``.
_ALWAYS_HASHED_BYTES = 64 << 20


class FileRecord(BaseModel):
    """One file of the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Record(BaseModel):
    """The files of a cache folder as they were put there.

    ``sha256`` identifies the weights: the digest of the archive they came in, or of their files where the archive
    holds much else. ``filename`` names what it is the digest of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    filename: str
    backend: Backend
    files: dict[str, FileRecord]


def record_of_wheel(origin: WheelOrigin) -> Record:
    """The record of a wheel's members, known before they are fetched."""
    files = {m.path.name: FileRecord(size=m.size, sha256=m.sha256) for m in origin.members}
    return Record(
        sha256=combined_sha256({name: file.sha256 for name, file in files.items()}),
        filename="+".join(files),
        backend=origin.backend,
        files=files,
    )


def record_of_files(folder: Path, *, sha256: str | None, filename: str, backend: Backend) -> Record:
    """The record of the files that a pose model loads from a folder.

    Args:
        folder: what :func:`~neuropose_ray.models.weights.archive.locate` found.
        sha256: digest of the archive they came in; None identifies them by their own content.
        filename: what the digest is of.
        backend: the pose model.
    """
    files = {
        name: FileRecord(size=path.stat().st_size, sha256=file_sha256(path))
        for name, path in folder_files(folder).items()
        if backend == "metrabs" or name in BLAZEPOSE_FILES
    }
    sha256 = sha256 or combined_sha256({name: file.sha256 for name, file in files.items()})
    return Record(sha256=sha256, filename=filename, backend=backend, files=files)


def read_record(folder: Path) -> Record | None:
    """The record in a cache folder, None where it is missing or unreadable."""
    try:
        return Record.model_validate_json((folder / RECORD_NAME).read_bytes())
    except (OSError, ValidationError):
        return None


def write_record(folder: Path, record: Record) -> None:
    """Write the record into the folder of the files that it describes."""
    (folder / RECORD_NAME).write_text(record.model_dump_json(indent=2) + "\n", "utf-8")


def damage(folder: Path, record: Record, *, every_byte: bool) -> str | None:
    """The first fault of a cache folder's files, None where there is none.

    Args:
        folder: the cache folder.
        record: what should be in it.
        every_byte: hash all files; otherwise large weights are only checked for missing and truncated files.
    """
    hashed = every_byte or sum(file.size for file in record.files.values()) <= _ALWAYS_HASHED_BYTES
    for name, expected in record.files.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != expected.size:
            return f"{name} has {path.stat().st_size} bytes instead of {expected.size}"
        if hashed and (actual_sha256 := file_sha256(path)) != expected.sha256:
            return f"{name} has SHA-256 {actual_sha256} instead of {expected.sha256}"
    return None
