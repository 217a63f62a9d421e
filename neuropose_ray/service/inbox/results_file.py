"""One ``results.json`` of all videos of a job, joined from those of the single videos without reading the poses."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from pydantic_core import to_json

from neuropose_ray.errors import FileFormatError
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.immutable import utf8_text

_BLOCK_BYTES = 1 << 20
#: How :func:`~neuropose_ray.schemas.neuropose_results.save_neuropose_results` begins and ends a file.
_HEAD, _TAIL = b"{\n", b"\n}\n"


def join_results(path: Path, videos: Iterable[tuple[str, Path]]) -> None:
    """Write a job's results in NeuroPose's version 2, atomically, in memory of a block.

    Args:
        path: the file.
        videos: per video its name, and its own results file of one video.

    Raises:
        FileFormatError: a file is not one that this package wrote for one video.
        OutputError: the file system refuses.
    """
    with atomic_write(path) as joined:
        joined.write(b"{")
        for number, (name, file) in enumerate(videos):
            joined.write(b"%s\n%s:" % (b"," if number else b"", to_json(utf8_text(name))))
            with file.open("rb") as source:
                _copy_value(source, joined, file)
        joined.write(_TAIL)


def _copy_value(source: BinaryIO, target: BinaryIO, where: Path) -> None:
    """What stands between a file's only name and its end."""
    size = os.fstat(source.fileno()).st_size
    source.seek(max(0, size - len(_TAIL)))
    has_tail = source.read() == _TAIL
    source.seek(0)
    line = source.readline() + source.readline(_BLOCK_BYTES)
    try:
        text = line.removeprefix(_HEAD).decode("utf-8", "surrogateescape")
        _, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        end = -1
    if not has_tail or not line.startswith(_HEAD) or end < 0 or text[end : end + 1] != ":":
        raise FileFormatError("not the results of one video", where=str(where), hint="let the job run again")
    begin = len(_HEAD) + len(text[: end + 1].encode("utf-8", "surrogateescape"))
    source.seek(begin)
    left = size - len(_TAIL) - begin
    while left > 0 and (block := source.read(min(_BLOCK_BYTES, left))):
        target.write(block)
        left -= len(block)
