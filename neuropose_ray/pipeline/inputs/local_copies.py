"""Inputs as a user writes them: paths, patterns, and URLs of object stores; local paths out."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputNotFoundError, first_line
from neuropose_ray.pipeline.inputs.object_stores import open_store
from neuropose_ray.schemas.atomic import atomic_path

if TYPE_CHECKING:
    from pyarrow import fs

_BLOCK_BYTES = 1 << 22


def local_inputs(inputs: Sequence[str], fetched: Path) -> list[Path]:
    """Paths on this machine's file systems for everything that ``inputs`` name.

    Args:
        inputs: paths; patterns with ``*``, ``?`` or ``[``; URLs that pyarrow has a file system for (``s3://``,
            ``gs://``, ``hdfs://``, ``file://``).
        fetched: folder for copies of what URLs name, on a disk that the workers see. A copy of the same size and
            time of change is not fetched again.

    Raises:
        InputNotFoundError: a pattern without match, or a URL that cannot be read.
    """
    paths: list[Path] = []
    for given in inputs:
        paths += [_fetched(given, fetched)] if _is_url(given) else _named(given)
    return paths


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """What a URL names and nobody has fetched yet; its path in the store."""

    path: str
    size_bytes: int


def listed_inputs(inputs: Sequence[str], fetched: Path) -> tuple[list[Path], list[RemoteObject]]:
    """What :func:`local_inputs` gives without fetching anything, and the objects that it would fetch.

    Raises:
        InputNotFoundError: a pattern without match, or a URL that cannot be read.
    """
    paths: list[Path] = []
    missing: list[RemoteObject] = []
    for given in inputs:
        if not _is_url(given):
            paths += _named(given)
            continue
        with _readable(given) as (system, root):
            target = _copy_path(given, root, fetched)
            objects = list(_files(system, root, target))
        absent = [RemoteObject(info.path, info.size) for info, local in objects if not _is_copy(local, info)]
        missing += absent
        if len(absent) < len(objects):
            paths.append(target)
    return paths, missing


def _is_url(given: str) -> bool:
    return "://" in given


def _named(given: str) -> list[Path]:
    """The path itself, or what a pattern matches."""
    if Path(given).exists() or not glob.has_magic(given):
        return [Path(given)]
    matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
    if not matches:
        raise InputNotFoundError("nothing matches", where=given, hint="check the pattern")
    return [Path(match) for match in matches]


def _fetched(url: str, folder: Path) -> Path:
    """A copy of the object, or of all objects below the prefix, that a URL names."""
    with _readable(url) as (system, root):
        target = _copy_path(url, root, folder)
        for info, local in _files(system, root, target):
            if not _is_copy(local, info):
                _copy(system, info, local)
    return target


@contextmanager
def _readable(url: str) -> Iterator[tuple[fs.FileSystem, str]]:
    """The file system of a URL and the place in it; what goes wrong there is one line."""
    import pyarrow as pa

    try:
        yield open_store(url)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputNotFoundError(
            f"cannot be read ({first_line(error)})", where=url, hint="check the URL and your credentials for it"
        ) from error


def _copy_path(url: str, path: str, folder: Path) -> Path:
    """Where the copy of what a URL names lies: apart from those of all others, below the folder that it came from.

    Args:
        url: as it was given; another store has another one for the same path.
        path: in the store.
        folder: of all copies.
    """
    apart = hashlib.sha256(url.rstrip("/").encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return folder.joinpath(apart, *PurePosixPath(path).parts[-2:-1], PurePosixPath(path).name)


def _is_copy(local: Path, info: fs.FileInfo) -> bool:
    if not local.exists() or local.stat().st_size != info.size:
        return False
    return info.mtime_ns is None or local.stat().st_mtime_ns == info.mtime_ns


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


def _copy(system: fs.FileSystem, info: fs.FileInfo, local: Path) -> None:
    """Fetch an object; the copy gets its time of change, by which another content of the same size is noticed."""
    with system.open_input_stream(info.path) as source, atomic_path(local) as path:
        with path.open("xb") as copy:
            while block := source.read(_BLOCK_BYTES):
                copy.write(block)
        if info.mtime_ns is not None:
            os.utime(path, ns=(info.mtime_ns, info.mtime_ns))
