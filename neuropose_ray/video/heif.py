"""HEIC and AVIF, the pictures of phones: through Pillow and libheif, which OpenCV does not read or turn upright."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import VideoError
from neuropose_ray.schemas.poses import Frame

# Brands of ISO/IEC 23008-12, annex B, and of AVIF.
_BRANDS = frozenset([b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"mif2", b"msf1", b"avif", b"avis"])


def is_heif(content: NDArray[np.uint8]) -> bool:
    """Whether the bytes ``(bytes,)`` of a file begin as HEIF's do, of which AVIF is a kind."""
    head = content[:16].tobytes()
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def decode_heif(content: NDArray[np.uint8], where: str) -> Frame:
    """The bytes of a HEIC or AVIF file as upright RGB, ``(height, width, 3)`` uint8.

    Deeper pictures become 8-bit, of a sequence the first is taken.

    Args:
        content: ``(bytes,)`` uint8.
        where: names the picture in errors.

    Raises:
        VideoError: it cannot be decoded.
    """
    import pi_heif
    from PIL import Image, ImageOps

    pi_heif.register_heif_opener()
    try:
        with Image.open(io.BytesIO(content.tobytes()), formats=("HEIF", "AVIF")) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, EOFError, RuntimeError, SyntaxError, Image.DecompressionBombError) as error:
        raise VideoError(
            f"the image cannot be decoded ({error})", where=where, hint="save it again as JPEG or PNG"
        ) from error
    return np.array(upright)
