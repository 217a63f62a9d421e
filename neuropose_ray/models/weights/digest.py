"""SHA-256 of files and of folders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_files(folder: Path) -> dict[str, Path]:
    """All files under a folder, by their relative name with forward slashes, sorted by name."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return dict(sorted(files.items()))


def combined_sha256(digests: Mapping[str, str]) -> str:
    """One digest for several named files.

    It is the SHA-256 of the lines ``<sha256>  <name>`` sorted by name, so that ``sha256sum NAMES | sha256sum``
    gives the same.

    Args:
        digests: relative file name -> SHA-256 of its content.
    """
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
