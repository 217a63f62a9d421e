"""Whether a picture's file ends before the picture does: decoders fill up what is missing, and say nothing."""

from __future__ import annotations

_JPEG, _JPEG_SCAN, _JPEG_END = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9"
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"


def is_cut_short(content: bytes) -> bool:
    """Whether the file of a JPEG or PNG lacks its end; of other kinds nothing is said.

    The end of a JPEG is looked for behind its last scan, as a thumbnail at its beginning has an end of its own.
    """
    if content.startswith(_JPEG):
        if content.endswith(_JPEG_END):  # as most do; a search from behind would take longer than to read the file
            return _JPEG_SCAN not in content
        scan = content.rfind(_JPEG_SCAN)
        return scan < 0 or content.find(_JPEG_END, scan) < 0
    return content.startswith(_PNG) and _PNG_END not in content[-64:]
