"""Inputs as a user writes them: paths, patterns, and URLs of object stores; local paths out."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.schemas.atomic import atomic_write

if TYPE_CHECKING:
    from pyarrow import fs

_BLOCK_BYTES = 1 << 22


def local_inputs(inputs: Sequence[str], fetched: Path) -> list[Path]:
    """Paths on this machine's file systems for everything that ``inputs`` name.

    Args:
        inputs: paths; patterns with ``*``, ``?`` or ``[``; URLs that pyarrow has a file system for (``s3://``,
            ``gs://``, ``hdfs://``, ``file://``).
        fetched: folder for copies of what URLs name, on a disk that the workers see. A copy of the same size is
            not fetched again.

    Raises:
        InputNotFoundError: a pattern without match, or a URL that cannot be read.
    """
    paths: list[Path] = []
    for given in inputs:
        if "://" in given:
            paths.append(_fetched(given, fetched))
        elif Path(given).exists() or not glob.has_magic(given):
            paths.append(Path(given))
        else:
            matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
            if not matches:
                raise InputNotFoundError("nothing matches", where=given, hint="check the pattern")
            paths += map(Path, matches)
    return paths


def _fetched(url: str, folder: Path) -> Path:
    """A copy of the object, or of all objects below the prefix, that a URL names."""
    import pyarrow as pa
    from pyarrow import fs

    try:
        system, root = fs.FileSystem.from_uri(url)
        target = folder / PurePosixPath(root).name
        for info, place in _files(system, root, target):
            if not place.exists() or place.stat().st_size != info.size:
                _copy(system, info.path, place)
    except (pa.ArrowException, OSError, ValueError) as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputNotFoundError(
            f"cannot be read ({first_line})", where=url, hint="check the URL and access"
        ) from error
    return target


def _files(system: fs.FileSystem, root: str, target: Path) -> Iterator[tuple[fs.FileInfo, Path]]:
    from pyarrow import fs

    info = system.get_file_info(root)
    if info.type == fs.FileType.NotFound:
        raise FileNotFoundError("there is no such object")
    if info.type == fs.FileType.File:
        yield info, target
        return
    for below in system.get_file_info(fs.FileSelector(root, recursive=True)):
        if below.type == fs.FileType.File:
            yield below, target / PurePosixPath(below.path).relative_to(root)


def _copy(system: fs.FileSystem, path: str, place: Path) -> None:
    with system.open_input_stream(path) as source, atomic_write(place) as copy:
        while block := source.read(_BLOCK_BYTES):
            copy.write(block)
