"""The boxes of MP4 and QuickTime files (ISO/IEC 14496-12, 4.2): what a file that cannot be opened lacks."""

from __future__ import annotations

from pathlib import Path

# A recording has a handful at the top; a hostile file may be made of nothing else.
_MOST_BOXES = 10_000
_NAMES = frozenset(
    [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"meta", b"uuid", b"pnot"]
)


def promised_bytes(path: Path) -> int | None:
    """The size that the file would have if its last box were whole; None where it is no MP4 or all boxes are whole.

    Raises:
        OSError: it cannot be read.
    """
    size, start = path.stat().st_size, 0
    with path.open("rb") as file:
        for _ in range(_MOST_BOXES):
            file.seek(start)
            head = file.read(16)
            if len(head) < 8 or head[4:8] not in _NAMES:
                return None
            length = int.from_bytes(head[:4])
            if length == 1:  # a 64-bit length follows
                length = int.from_bytes(head[8:16])
            if length < 8:  # 0: up to the end of the file
                return None
            start += length
            if start > size:
                return start
    return None
