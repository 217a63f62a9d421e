"""Pictures as files of a folder, each with a time to live.

A picture's key is its path (see :func:`~neuropose_ray.stores.names.key_path`), its first bytes say what it is, and
its modification time is the moment at which its time is over: one file holds all there is to know of it, and is there
whole or not at all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from neuropose_ray.errors import OutputError, StoreError, StoreUnavailableError
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.stores.names import image_key, key_path, path_key
from neuropose_ray.stores.protocol import StoredImage

#: The modification time of a picture that is kept for ever: in the year 2200.
FOREVER = 7_258_118_400.0
#: Of pictures, by their first bytes.
_MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class FileImages:
    """Pictures below a folder; see :class:`~neuropose_ray.stores.protocol.ImageStore`.

    Args:
        folder: of all pictures; made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes, ttl_s: float | None) -> None:
        """Keep a picture as a file."""
        path = self._path(key)
        now = time.time()
        expires_at = FOREVER if ttl_s is None else min(now + ttl_s, FOREVER)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with atomic_path(path) as temporary:
                temporary.write_bytes(data)
                temporary.chmod(0o600)
                os.utime(temporary, (now, expires_at))
        except (OutputError, OSError) as error:
            # A key must not be the beginning of another one, up to a slash: files are no folders.
            if isinstance(error.__cause__ or error, IsADirectoryError | NotADirectoryError | FileExistsError):
                raise StoreError("another picture's key begins so, or is its beginning", where=key) from error
            raise StoreUnavailableError("a picture cannot be written", where=key, hint=str(error)) from error

    def get(self, key: str) -> StoredImage | None:
        """The picture of a key."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                expires_at = os.fstat(file.fileno()).st_mtime
                data = file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise StoreUnavailableError("a picture cannot be read", where=key, hint=str(error)) from error
        if expires_at <= time.time():
            return None
        return StoredImage(data, media_type_of(data), None if expires_at >= FOREVER else expires_at)

    def delete(self, key: str) -> bool:
        """Remove a picture."""
        path = self._path(key)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
            return False
        self._remove_empty(path.parent)
        return True

    def list(self, prefix: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Keys that begin with a prefix."""
        now = time.time()
        paths = [path.relative_to(self._folder) for path, expires_at in self._files() if expires_at > now]
        keys = [path_key(path.as_posix()) for path in paths]
        return tuple(sorted(key for key in keys if key.startswith(prefix))[:limit])

    def sweep(self, now: float) -> int:
        """Remove pictures whose time is over, and folders without any."""
        removed = 0
        for path, expires_at in self._files():
            if expires_at > now:
                continue
            with suppress(OSError):
                # It may have been replaced by one that lives longer since the folder was read.
                if path.stat().st_mtime <= now:
                    path.unlink()
                    removed += 1
                    self._remove_empty(path.parent)
        return removed

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, key: str) -> Path:
        return self._folder / key_path(image_key(key))

    def _files(self) -> Iterator[tuple[Path, float]]:
        for parent, _, names in os.walk(self._folder):
            for name in names:
                # Temporary files of a put that was killed: their time is never set, and so over at once.
                path = Path(parent, name)
                with suppress(OSError):
                    age = path.stat().st_mtime
                    if not name.startswith("."):
                        yield path, age
                    elif time.time() - age > _ABANDONED_S and age < FOREVER:
                        path.unlink()

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder, and those above it, as far as nothing is in them."""
        with suppress(OSError):
            while folder != self._folder:
                folder.rmdir()
                folder = folder.parent


#: A temporary file that is older was left by a process that died.
_ABANDONED_S = 600.0


def media_type_of(data: bytes) -> str:
    """The media type of a picture, by its first bytes."""
    for beginning, media_type in _MEDIA_TYPES.items():
        if data.startswith(beginning):
            return media_type
    return "application/octet-stream"
