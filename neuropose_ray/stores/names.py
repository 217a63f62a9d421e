"""Names that come out of templates, made harmless: keys of images, names of collections and channels."""

from __future__ import annotations

import re
from urllib.parse import quote

from neuropose_ray.errors import StoreError

#: Bytes of a key, and of a part of it between slashes; file systems take 255 of a name, temporary ones are longer.
MAX_KEY_BYTES, MAX_PART_BYTES = 512, 200
_KEY = re.compile(r"(?!\.)[A-Za-z0-9_.%~-]+(/(?!\.)[A-Za-z0-9_.%~-]+)*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")


def safe_key(text: str) -> str:
    """The key of an image for any text: parts between slashes, of letters, digits and ``_ . ~ -``.

    All else is percent-encoded, as is a dot that begins a part, so that different texts stay different and no key
    points out of a folder; empty parts are left out.

    Raises:
        StoreError: nothing is left, or it is too long.
    """
    parts = [quote(part, safe="", errors="surrogatepass") for part in text.split("/") if part]
    parts = [f"%2E{part[1:]}" if part.startswith(".") else part for part in parts]
    return require_key("/".join(parts))


def require_key(key: str) -> str:
    """The key as it is.

    Raises:
        StoreError: it is none that :func:`safe_key` gives.
    """
    if len(key) > MAX_KEY_BYTES or any(len(part) > MAX_PART_BYTES for part in key.split("/")):
        raise StoreError(
            f"a key of more than {MAX_PART_BYTES} bytes in a part or {MAX_KEY_BYTES} in all",
            where=_shown(key),
            hint="shorten its template",
        )
    if not _KEY.fullmatch(key):
        raise StoreError("not a key of an image", where=_shown(key), hint="see its template")
    return key


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
