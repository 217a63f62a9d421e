"""Inputs that jobs name by URI: which ones this service may read, and copies of those that lie elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import ValidationError

from neuropose_ray.errors import ForbiddenInputError, InputNotFoundError, RequestError, TooLargeError
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.jobs import JobInput
from neuropose_ray.service.fetching import FetchLimits, check_url, fetch, fetch_bytes
from neuropose_ray.service.frame_archives import ARCHIVE_ENDINGS, is_archive_name
from neuropose_ray.service.settings import UploadSettings
from neuropose_ray.video import VIDEO_EXTENSIONS, is_video_name

if TYPE_CHECKING:
    from pyarrow import fs

_STORES = ("s3", "gs")
_BLOCK_BYTES = 1 << 20


class Inputs:
    """What the settings allow jobs to read.

    Args:
        settings: the allowed folders, object-store prefixes and hosts, and the limit on bytes.
        limits: on the time and attempts of a fetch.
    """

    def __init__(self, settings: UploadSettings, limits: FetchLimits | None = None) -> None:
        self._settings, self._limits = settings, limits
        self._folders = [
            Path(root.removeprefix("file://")).resolve() for root in settings.roots if not _is_store(root)
        ]
        self._prefixes = [urlsplit(root) for root in settings.roots if _is_store(root)]

    def admit(self, uri: str) -> JobInput:
        """The input that a URI names, if it may be read; nothing is fetched.

        Args:
            uri: a path or ``file://`` below an allowed folder, ``s3://`` or ``gs://`` below an allowed prefix, or
                ``https://`` of an allowed host.

        Raises:
            ForbiddenInputError: it may not be read, whether or not it is there.
            InputNotFoundError: an allowed file that is not there.
            RequestError: no URI, or the name in it is not that of a video.
        """
        return _input(PurePosixPath(self._allowed_path(uri)).name, uri)

    def check(self, uri: str) -> None:
        """Refuse a URI that may not be read, whatever is there; nothing is fetched.

        Raises:
            ForbiddenInputError, InputNotFoundError, RequestError: as in :meth:`admit`.
        """
        self._allowed_path(uri)

    def read(self, uri: str, max_bytes: int, limits: FetchLimits) -> bytes:
        """The content of what a URI names, checked as in :meth:`admit`, in memory.

        Args:
            uri: as in :meth:`admit`, whatever the name in it.
            max_bytes: of it.
            limits: on the time of a fetch.

        Raises:
            ForbiddenInputError, InputNotFoundError, FetchError: as in :meth:`bring`.
            TooLargeError: it has more bytes.
        """
        self._allowed_path(uri)
        scheme = urlsplit(uri).scheme
        if scheme not in (*_STORES, "", "file"):
            return fetch_bytes(uri, max_bytes, allowed=self._settings, limits=limits)
        with self._opened_object(uri) if scheme in _STORES else self._opened_file(uri) as source:
            content: bytes = source.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise TooLargeError(f"more than {max_bytes} bytes", where=uri)
        return content

    def _allowed_path(self, uri: str) -> str:
        """The path of an allowed URI."""
        if len(uri) > 2000 or not uri.isprintable():
            raise RequestError("not a URI", hint="give at most 2000 printable characters")
        try:
            parts = urlsplit(uri)
            host = parts.hostname
        except ValueError as error:
            raise RequestError(f"not a URI ({error})", where=uri) from error
        if parts.scheme in ("http", "https"):
            check_url(parts, host, self._settings, uri)
            return unquote(parts.path)
        if parts.scheme in _STORES:
            self._below_prefix(uri)
            return unquote(parts.path)
        if parts.scheme in ("", "file"):
            return str(self._below_folder(uri))
        raise ForbiddenInputError(f"inputs by {parts.scheme} are not taken", where=uri, hint=_HINT)

    def bring(self, given: JobInput, fetched: Path) -> Path:
        """The file of an input that a URI names; a copy where it lies elsewhere. Checked again as in :meth:`admit`.

        Args:
            given: with a URI.
            fetched: folder for copies; one that is there and whole is used.

        Raises:
            ForbiddenInputError: it may not be read (any more), or its host is where this service may not connect to.
            InputNotFoundError: it is not there.
            FetchError: its host does not give it now.
            TooLargeError: it is larger than a job's files may be.
            OutputError: the copy cannot be written.
        """
        uri = given.uri or ""
        self.admit(uri)
        scheme, copy = urlsplit(uri).scheme, fetched / given.name
        if scheme in ("", "file"):
            return self._below_folder(uri)
        if not copy.exists():
            if scheme in _STORES:
                self._copy_object(uri, copy)
            else:
                fetch(uri, copy, allowed=self._settings, limits=self._limits)
        return copy

    def _below_folder(self, uri: str) -> Path:
        """The true path, links followed, of an allowed file."""
        parts = urlsplit(uri)
        if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
            raise ForbiddenInputError("another machine's file", where=uri, hint=_HINT)
        text = unquote(parts.path) if parts.scheme == "file" else uri
        if not text.startswith("/"):
            raise ForbiddenInputError("not an absolute path", where=uri, hint=_HINT)
        try:
            path = Path(os.path.realpath(text))
            inside = any(path.is_relative_to(folder) for folder in self._folders)
            # Whether something lies outside is not told.
            if not inside:
                raise ForbiddenInputError("not below a folder that jobs may name inputs from", where=uri, hint=_HINT)
            if not path.is_file():
                raise InputNotFoundError("there is no such file", where=uri, hint="check the path")
        except (OSError, ValueError) as error:
            raise RequestError("not a path", where=uri) from error
        return path

    def _below_prefix(self, uri: str) -> SplitResult:
        """The allowed prefix that an object lies below."""
        parts = urlsplit(uri)
        path = unquote(parts.path)
        plain = not (parts.query or parts.fragment or "@" in parts.netloc) and ".." not in PurePosixPath(path).parts
        for prefix in self._prefixes:
            top = unquote(prefix.path).rstrip("/") + "/"
            if plain and (parts.scheme, parts.netloc) == (prefix.scheme, prefix.netloc) and path.startswith(top):
                return prefix
        raise ForbiddenInputError("not below a prefix that jobs may name inputs from", where=uri, hint=_HINT)

    def _copy_object(self, uri: str, copy: Path) -> None:
        with self._opened_object(uri, self._settings.max_bytes) as source, atomic_write(copy) as file:
            while block := source.read(_BLOCK_BYTES):
                file.write(block)

    @contextmanager
    def _opened_object(self, uri: str, max_bytes: int | None = None) -> Iterator[Any]:
        prefix = self._below_prefix(uri)
        # How the store is reached is what the settings say, never what a client does.
        with _reading(uri), _opened(f"{uri}?{prefix.query}" if prefix.query else uri) as (system, path, size):
            if max_bytes is not None and size > max_bytes:
                raise TooLargeError(f"{size} bytes, more than {max_bytes}", where=uri)
            with system.open_input_stream(path) as source:
                yield source

    @contextmanager
    def _opened_file(self, uri: str) -> Iterator[Any]:
        try:
            with self._below_folder(uri).open("rb") as source:
                yield source
        except OSError as error:
            raise InputNotFoundError("it cannot be read", where=uri, hint="check the path") from error


_HINT = "see `uploads` in the service's settings"


def _is_store(root: str) -> bool:
    return urlsplit(root).scheme in _STORES


def require_input_name(name: str, where: str) -> None:
    """Refuse what is neither a video nor an archive of pictures, by its name.

    Raises:
        RequestError: it is neither.
    """
    if not (is_video_name(Path(name)) or is_archive_name(name)):
        kinds = ", ".join(sorted(VIDEO_EXTENSIONS))
        hint = f"names end in {kinds}; or, of archives of numbered pictures, in {', '.join(ARCHIVE_ENDINGS)}"
        raise RequestError("not the name of a video", where=where, hint=hint)


def _input(name: str, uri: str) -> JobInput:
    require_input_name(name, name or uri)
    try:
        return JobInput(name=name, uri=uri)
    except ValidationError as error:
        raise RequestError("not a file name", where=name, hint="leave out control characters, at most 200") from error


@contextmanager
def _reading(uri: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputNotFoundError("the store does not give it", where=uri, hint="check the URI") from error


@contextmanager
def _opened(url: str) -> Iterator[tuple[fs.FileSystem, str, int]]:
    from pyarrow import fs

    from neuropose_ray.pipeline import open_store

    system, path = open_store(url)
    info = system.get_file_info(path)
    if info.type != fs.FileType.File:
        raise FileNotFoundError("there is no such object")
    yield system, path, info.size
