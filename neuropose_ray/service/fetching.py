"""Files over HTTP from hosts that the settings allow, and from nowhere that such a host may point to."""

from __future__ import annotations

import http.client
import itertools
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from neuropose_ray.errors import (
    AddressRefusedError,
    AddressUnknownError,
    FetchError,
    ForbiddenInputError,
    InputNotFoundError,
    TooLargeError,
)
from neuropose_ray.network_access import DEFAULT_PORTS, check_address, is_listed
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.service.settings import UploadSettings

R = TypeVar("R")

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: What is left as it is in a URL; all else is percent-encoded, such as spaces and umlauts of a file's name.
_URL_MARKS = "%!#$&'()*+,/:;=?@[]~"
#: Answers that are another one a little later.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long a fetch may take."""

    silence_s: float = 30.0  # on the line
    whole_s: float = 4 * 3600.0  # 20 GiB at 1.5 MB/s; a server that drips bytes does not hold a job for ever
    redirects: int = 3  # a storage service needs one or two
    attempts: int = 4  # connections break, and storage services are busy for seconds
    pause_s: float = 2.0  # before the second attempt; each further pause is twice as long


def check_url(parts: SplitResult, host: str | None, allowed: UploadSettings, shown: str) -> None:
    """Whether a URL may be asked for, by its text alone.

    Raises:
        ForbiddenInputError: scheme, host, port or form are not allowed.
    """
    hint = "see `uploads` in the service's settings"
    schemes = ("http", "https") if allowed.http else ("https",)
    if parts.scheme not in schemes:
        raise ForbiddenInputError(f"inputs by {parts.scheme} are not taken", where=shown, hint=hint)
    if host is None or "@" in parts.netloc:
        raise ForbiddenInputError("a URL without a host, or with a user in it", where=shown, hint=hint)
    try:
        listed = is_listed(parts, allowed.hosts)
    except ValueError as error:
        raise ForbiddenInputError("not a port", where=shown, hint=hint) from error
    if not listed:
        raise ForbiddenInputError("not a host that inputs may be fetched from", where=shown, hint=hint)


def fetch(url: str, path: Path, *, allowed: UploadSettings, limits: FetchLimits | None = None) -> None:
    """Fetch a file, following redirects as long as each passes the same checks; what breaks is fetched again.

    The host's name is resolved once, its address checked, and that very address connected to: a name that means
    something else the next time it is asked for gains nothing.

    Args:
        url: ``https``, or ``http`` where the settings allow it.
        path: the file; there whole or not at all.
        allowed: hosts, schemes, address ranges, bytes.
        limits: limits on time and redirects.

    Raises:
        ForbiddenInputError: a URL on the way is not allowed, or its host has no address that is.
        InputNotFoundError: it is not there.
        FetchError: it did not come, however often it was asked for.
        TooLargeError: it is larger than a job's files may be.
        OutputError: the file cannot be written.
    """
    _fetch(url, allowed, limits or FetchLimits(), allowed.max_bytes, partial(_write, path))


def fetch_bytes(url: str, max_bytes: int, *, allowed: UploadSettings, limits: FetchLimits) -> bytes:
    """Fetch what is small into memory, as :func:`fetch` does, and with its errors.

    Args:
        url: ``https``, or ``http`` where the settings allow it.
        max_bytes: of it.
        allowed: hosts, schemes and address ranges.
        limits: limits on time and redirects.
    """
    return _fetch(url, allowed, limits, max_bytes, b"".join)


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    with atomic_write(path) as file:
        for block in blocks:
            file.write(block)


def _fetch(
    url: str, allowed: UploadSettings, limits: FetchLimits, max_bytes: int, take: Callable[[Iterator[bytes]], R]
) -> R:
    """What ``take`` makes of the content, which it is given anew at each attempt."""
    deadline, pause_s = time.monotonic() + limits.whole_s, limits.pause_s
    for attempt in itertools.count(1):
        try:
            return _fetch_once(url, allowed, limits, deadline, max_bytes, take)
        except FetchError as error:
            if attempt == limits.attempts or time.monotonic() + pause_s > deadline:
                raise
            logger.warning("attempt %d: %s; it is fetched again in %g s", attempt, error, pause_s)
        time.sleep(pause_s)
        pause_s *= 2
    raise AssertionError("the attempts have an end")


def _fetch_once(
    url: str,
    allowed: UploadSettings,
    limits: FetchLimits,
    deadline: float,
    max_bytes: int,
    take: Callable[[Iterator[bytes]], R],
) -> R:
    current_url = url
    for _ in range(limits.redirects + 1):
        with _answer(current_url, allowed, limits, shown=url) as answer:
            if answer.status not in _REDIRECTS:
                return take(_content(answer, max_bytes, deadline, shown=url))
            # As its bytes, which http.client reads as Latin-1: some hosts send names as they are.
            location = quote(answer.headers.get("Location", ""), safe=_URL_MARKS, encoding="latin-1")
            current_url = urljoin(current_url, location)
    raise InputNotFoundError(f"more than {limits.redirects} redirects", where=url, hint="give the last URL")


@contextmanager
def _answer(
    url: str, allowed: UploadSettings, limits: FetchLimits, *, shown: str
) -> Iterator[http.client.HTTPResponse]:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise ForbiddenInputError("a redirect to what is no URL", where=shown) from error
    check_url(parts, host, allowed, shown)
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_URL_MARKS)
    try:
        connection = _connect(url, allowed, limits, shown)
        try:
            # Without Accept-Encoding a server may compress, and sizes would not be those of the file.
            headers = {"Host": parts.netloc, "User-Agent": "neuropose-ray", "Accept-Encoding": "identity"}
            connection.request("GET", target, headers=headers)
            yield connection.getresponse()
        finally:
            connection.close()
    except UnicodeError as error:
        raise InputNotFoundError("no host can have this name", where=shown, hint="check the URL") from error
    except (http.client.HTTPException, OSError) as error:
        raise FetchError("the host does not answer", where=shown, hint="check the URL, or try again") from error


def _connect(url: str, allowed: UploadSettings, limits: FetchLimits, shown: str) -> http.client.HTTPConnection:
    """A connection to an address of the URL's host that was checked."""
    try:
        addresses = check_address(url, private_networks=allowed.private_networks)
    except AddressRefusedError as error:
        raise ForbiddenInputError(
            error.what,
            where=shown,
            hint="see `uploads.private_networks` in the service's settings",
        ) from error
    except AddressUnknownError as error:
        raise FetchError("the host does not answer", where=shown, hint="check the URL, or try again") from error
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    plain = _connected(addresses, port, limits.silence_s)
    connection = http.client.HTTPConnection(host, port, timeout=limits.silence_s)
    try:
        connection.sock = plain
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise
    return connection


def _connected(addresses: tuple[str, ...], port: int, timeout_s: float) -> socket.socket:
    """A connection to the first address that takes one."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout_s)
    return socket.create_connection((addresses[-1], port), timeout_s)


def _content(answer: http.client.HTTPResponse, max_bytes: int, deadline: float, *, shown: str) -> Iterator[bytes]:
    """The content of an answer, whole or an error."""
    if answer.status in _PASSING:
        raise FetchError(f"the host answers {answer.status}", where=shown, hint="try again")
    if answer.status != http.HTTPStatus.OK:
        raise InputNotFoundError(f"the host answers {answer.status}", where=shown, hint="check the URL")
    too_large = TooLargeError(f"more than {max_bytes} bytes", where=shown)
    announced = answer.length
    if announced is not None and announced > max_bytes:
        raise too_large
    received = 0
    for block in _blocks(answer, shown):
        received += len(block)
        if received > max_bytes:
            raise too_large
        if time.monotonic() > deadline:
            raise InputNotFoundError("it takes too long to come", where=shown, hint="copy it to the service")
        yield block
    if announced is not None and received < announced:
        raise FetchError(f"{received} of {announced} bytes came", where=shown, hint="try again")


def _blocks(answer: http.client.HTTPResponse, shown: str) -> Iterator[bytes]:
    try:
        while block := answer.read1(_BLOCK_BYTES):
            yield block
    except (http.client.HTTPException, OSError) as error:
        raise FetchError("the host stopped sending it", where=shown, hint="try again") from error
