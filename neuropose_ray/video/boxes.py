"""The boxes of MP4 and QuickTime files (ISO/IEC 14496-12, 4.2), by which a file says how long it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# A day of fragments of a second each; a hostile file may be made of nothing but boxes.
_MOST_BOXES = 200_000
#: The kinds of boxes that stand at the top of a file.
TOP_KINDS = frozenset(
    [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"meta", b"uuid", b"pnot", b"sidx"]
)


class Box(NamedTuple):
    """A box at the top of a file: its kind, and the byte behind it; None where its length cannot be."""

    kind: bytes
    end: int | None


def top_boxes(path: Path) -> Iterator[Box]:
    """The boxes at the top of a file, up to the first that is not whole.

    Raises:
        OSError: it cannot be read.
    """
    size, start = path.stat().st_size, 0
    with path.open("rb") as file:
        for _ in range(_MOST_BOXES):
            file.seek(start)
            head = file.read(16)
            if len(head) < 8:
                return
            length = int.from_bytes(head[:4])
            if length == 0:  # up to the end of the file
                length = size - start
            elif length == 1:  # a 64-bit length follows
                length = int.from_bytes(head[8:16]) if len(head) == 16 else 0
            end = start + length if length >= 8 else None
            yield Box(head[4:8], end)
            if end is None or end >= size:
                return
            start = end


def promised_bytes(path: Path) -> int | None:
    """The size that the file would have if its last box were whole; None where it is no MP4 or all boxes are whole.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    for kind, end in top_boxes(path):
        if kind not in TOP_KINDS or end is None:
            return None
        if end > size:
            return end
    return None
