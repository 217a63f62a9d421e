"""Names that come out of templates, made harmless: keys of images, names of collections and channels."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from neuropose_ray.errors import StoreError
from neuropose_ray.schemas.actions import image_key as key_of_parts

#: Bytes of an encoded key, and of a part of it between slashes: file systems take 255 of a name, and a file has a
#: longer one while it is written.
MAX_KEY_BYTES, MAX_PART_BYTES = 1024, 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")


def image_key(text: str) -> str:
    """The key of an image for a text: its parts between slashes, without empty ones.

    Raises:
        StoreError: nothing is left, or it is too long.
    """
    key = key_of_parts(text)
    encoded = key_path(key)
    if not key or len(encoded) > MAX_KEY_BYTES or any(len(part) > MAX_PART_BYTES for part in encoded.split("/")):
        raise StoreError(
            f"not a key of an image: 1 to {MAX_PART_BYTES} bytes between slashes, {MAX_KEY_BYTES} in all",
            where=_shown(text),
            hint="see its template",
        )
    return key


def key_path(key: str) -> str:
    """The relative path of a key's file: letters, digits and ``_ . ~ -`` stand for themselves.

    All else is percent-encoded, and so is a dot that begins a part: no key points out of a folder, and different
    keys have different paths. :func:`path_key` is the inverse.
    """
    parts = [quote(part, safe="", errors="surrogatepass") for part in key.split("/")]
    return "/".join(f"%2E{part[1:]}" if part.startswith(".") else part for part in parts)


def path_key(path: str) -> str:
    """The key of a file's relative path."""
    return unquote(path, errors="surrogatepass")


def require_name(name: str, what: str) -> str:
    """The name of a collection or channel as it is.

    Raises:
        StoreError: it is not a name.
    """
    if not _NAME.fullmatch(name):
        raise StoreError(f"not a name of a {what}", where=_shown(name), hint="use letters, digits and _ . : -")
    return name


def _shown(text: str) -> str:
    return ascii(text[:60])
