"""Whether a video file is as long as its own headers say: one that is being copied is not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from neuropose_ray.video import TOP_KINDS, top_boxes

_ISO_SUFFIXES = frozenset([".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".qt"])
_EBML_UNKNOWN_SIZE = {2 ** (7 * length) - 1 for length in range(1, 9)}
_SEGMENT = 0x18538067


def is_complete(path: Path) -> bool:
    """Whether a file has all the bytes that it promises, and the index without which it cannot be read.

    Known of the families of MP4, AVI and Matroska; of all others nothing is promised, and they are complete.

    Raises:
        OSError: the file cannot be read.
    """
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        size = path.stat().st_size
        if suffix in _ISO_SUFFIXES:
            return _iso_is_complete(path, size)
        if suffix == ".avi":
            return _riff_is_complete(file, size)
        if suffix in (".mkv", ".webm"):
            return _matroska_is_complete(file, size)
    return size > 0


def _iso_is_complete(path: Path, size: int) -> bool:
    kinds = set[bytes]()
    for kind, end in top_boxes(path):
        if kind not in TOP_KINDS and b"moov" in kinds:
            break  # some cameras write notes of their own behind the last box
        if end is None or end > size:
            return False
        kinds.add(kind)
    return b"moov" in kinds


def _riff_is_complete(file: BinaryIO, size: int) -> bool:
    head = file.read(8)
    return len(head) == 8 and head[:4] == b"RIFF" and struct.unpack_from("<I", head, 4)[0] + 8 <= size


def _matroska_is_complete(file: BinaryIO, size: int) -> bool:
    """RFC 8794 and RFC 9559: the header, and the segment with its size, which may be unknown."""
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(16)
        element, used = _ebml_number(head, keep_marker=True)
        content, more = _ebml_number(head[used:], keep_marker=False)
        if not used or not more:
            return False
        if element == _SEGMENT:
            return content in _EBML_UNKNOWN_SIZE or position + used + more + content <= size
        position += used + more + content
    return False


def _ebml_number(data: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and the bytes that it takes; none of both where there is none."""
    if not data or not data[0]:
        return 0, 0
    length = 9 - data[0].bit_length()
    if len(data) < length:
        return 0, 0
    value = int.from_bytes(data[:length])
    return (value if keep_marker else value & (1 << 7 * length) - 1), length
