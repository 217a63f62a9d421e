"""The size of a picture from its first bytes: what it will take in memory is known before it is decoded.

Pillow does not serve here, where a picture comes from a stranger and a server waits: it looks for the next marker of
a JPEG byte by byte (4.5 s for 5 MB of fill bytes, 5 ms here), and makes a WebP's canvas before it tells the size.
"""

from __future__ import annotations

import struct

from neuropose_ray.errors import VideoError

_PNG, _BMP = b"\x89PNG\r\n\x1a\n", b"BM"
# ITU-T T.81 table B.1: the start-of-frame markers are C0 to CF without these.
_NO_FRAME = (0xC4, 0xC8, 0xCC)
_ALONE = (0x00, 0x01, *range(0xD0, 0xD9))  # markers without a length
_START_OF_SCAN, _END = 0xDA, 0xD9
# Cameras write tens; a file made of nothing but markers must not keep a core busy.
_MOST_SEGMENTS = 10_000


def picture_size(content: bytes, where: str | None = None) -> tuple[int, int]:
    """Width and height in pixels, as stored, of a JPEG, PNG, WebP or BMP file.

    Args:
        content: the file.
        where: names it in errors.

    Raises:
        VideoError: it is none of these, or is cut off before its size.
    """
    try:
        size = _stored_size(content)
    except (struct.error, IndexError) as error:
        raise VideoError("the picture is cut off", where=where, hint="send the whole file") from error
    if size is None:
        raise VideoError("not a JPEG, PNG, WebP or BMP picture", where=where, hint="save it again as JPEG or PNG")
    width, height = size
    if width <= 0 or height <= 0:
        raise VideoError("the picture has no size", where=where, hint="save it again as JPEG or PNG")
    return width, height


def _stored_size(content: bytes) -> tuple[int, int] | None:
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content.startswith(_PNG):
        return struct.unpack_from(">II", content, 16)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _webp(content)
    if content.startswith(_BMP):
        return _bmp(content)
    return None


def _jpeg(content: bytes) -> tuple[int, int]:
    """Follow the segments to the first start of frame."""
    offset = 2
    for _ in range(_MOST_SEGMENTS):
        offset = content.find(b"\xff", offset)
        if offset < 0:
            break
        marker = content[offset + 1]
        if marker == 0xFF:  # a fill byte
            offset += 1
        elif marker in _ALONE:
            offset += 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack_from(">HH", content, offset + 5)
            return width, height
        elif marker in (_START_OF_SCAN, _END):
            break
        else:
            offset += 2 + max(2, struct.unpack_from(">H", content, offset + 2)[0])
    raise IndexError


def _webp(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":  # 24 bits each, less one
        return _little_24(content, 24) + 1, _little_24(content, 27) + 1
    if kind == b"VP8L":  # 14 bits each, less one
        bits = struct.unpack_from("<I", content, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _little_24(content: bytes, offset: int) -> int:
    low, high = struct.unpack_from("<HB", content, offset)
    return int(low | high << 16)


def _bmp(content: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", content, 14)[0] == 12:  # the header of OS/2
        width, height = struct.unpack_from("<HH", content, 18)
        return width, height
    width, height = struct.unpack_from("<ii", content, 18)
    return width, abs(height)  # negative: rows from top to bottom
