"""Archives of videos, and what an ingest of them leaves on the disk."""

import bz2
import gzip
import inspect
import io
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.ingest import IngestResult, ingest
from neuropose_ray.service.settings import ArchiveSettings

TRIALS = {"patient 1/walk.mp4": b"w" * 5000, "patient 1/run.MOV": b"r" * 3000, "notes.txt": b"n"}
COMPRESSIONS = {"": lambda data: data, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], compress: Callable[[bytes], bytes] = lambda data: data) -> Path:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    path.write_bytes(compress(buffer.getvalue()))
    return path


def foldered(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def nested(path: Path, levels: int) -> Path:
    """A folder in a folder, and so on: the deepest."""
    deepest = path.joinpath(*["a"] * levels)
    deepest.mkdir(parents=True)
    return deepest


@contextmanager
def few_calls(count: int) -> Iterator[None]:
    """So many calls inside of each other, and no more: what lies deeper than Python calls is slow to make."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + count)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def take(archive: Path, data: DataFolder, *, force: bool = False, **limits: int) -> IngestResult:
    return ingest(archive, data, limits=ArchiveSettings(**limits), force=force)


def everything(root: Path) -> dict[str, bytes | None]:
    found = sorted(path for path in root.rglob("*"))
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in found}


def refused(archive: Path, data: DataFolder, error: type[Exception], text: str | None = None, **limits: int) -> None:
    """The archive is refused, and the disk is as it was."""
    data.create()
    before = everything(data.root.parent)
    with pytest.raises(error, match=text):
        take(archive, data, **limits)
    assert everything(data.root.parent) == before
