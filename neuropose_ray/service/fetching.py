"""Files over HTTP from hosts that the settings allow, and from nowhere that such a host may point to."""

from __future__ import annotations

import http.client
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from neuropose_ray.errors import FetchError, ForbiddenInputError, InputNotFoundError, TooLargeError
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.service.settings import UploadSettings

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Answers that are another one a little later.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_DEFAULT_PORTS = {"https": 443, "http": 80}
#: IPv6 addresses in which NAT64 hides any IPv4 address (RFC 6052, RFC 8215).
_NAT64 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


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
        port = parts.port
    except ValueError as error:
        raise ForbiddenInputError("not a port", where=shown, hint=hint) from error
    name = host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    if name.lower() not in {host_allowed.lower() for host_allowed in allowed.hosts}:
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
    limits = limits or FetchLimits()
    deadline, pause_s = time.monotonic() + limits.whole_s, limits.pause_s
    for attempt in range(1, limits.attempts + 1):
        try:
            _fetch_once(url, path, allowed, limits, deadline)
            return
        except FetchError as error:
            if attempt == limits.attempts or time.monotonic() + pause_s > deadline:
                raise
            logger.warning("attempt %d: %s; it is fetched again in %g s", attempt, error, pause_s)
        time.sleep(pause_s)
        pause_s *= 2


def _fetch_once(url: str, path: Path, allowed: UploadSettings, limits: FetchLimits, deadline: float) -> None:
    here = url
    for _ in range(limits.redirects + 1):
        with _answer(here, allowed, limits, shown=url) as answer:
            if answer.status not in _REDIRECTS:
                _save(answer, path, allowed.max_bytes, deadline, shown=url)
                return
            here = urljoin(here, answer.headers.get("Location", ""))
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
    assert host is not None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = _connect(parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme], allowed, limits, shown)
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


def _connect(
    scheme: str, host: str, port: int, allowed: UploadSettings, limits: FetchLimits, shown: str
) -> http.client.HTTPConnection:
    """A connection to an address of the host that was checked."""
    resolved = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    addresses = [ipaddress.ip_address(str(address).partition("%")[0]) for address in sorted(map(str, resolved))]
    permitted = [address for address in addresses if may_connect(address, private=allowed.private_networks)]
    if not permitted:
        raise ForbiddenInputError(
            "its host is in a network that inputs are not fetched from",
            where=shown,
            hint="see `uploads.private_networks` in the service's settings",
        )
    plain = socket.create_connection((str(permitted[0]), port), limits.silence_s)
    connection = http.client.HTTPConnection(host, port, timeout=limits.silence_s)
    try:
        connection.sock = plain
        if scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise
    return connection


def may_connect(address: Address, *, private: bool) -> bool:
    """Whether an address is one of the public internet, or with ``private`` of a private network or this machine.

    Link-local addresses, where clouds keep their credentials, multicast and reserved ones are never allowed; an IPv4
    address inside an IPv6 address counts as itself.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and any(address in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return may_connect(inner, private=private)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if private and (address.is_private or address.is_loopback):
        return not (address.version == 4 and address.is_reserved)
    return address.is_global and not address.is_reserved


def _save(answer: http.client.HTTPResponse, path: Path, max_bytes: int, deadline: float, *, shown: str) -> None:
    if answer.status in _PASSING:
        raise FetchError(f"the host answers {answer.status}", where=shown, hint="try again")
    if answer.status != http.HTTPStatus.OK:
        raise InputNotFoundError(f"the host answers {answer.status}", where=shown, hint="check the URL")
    too_large = TooLargeError(f"more than {max_bytes} bytes", where=shown)
    announced = answer.length
    if announced is not None and announced > max_bytes:
        raise too_large
    received = 0
    with atomic_write(path) as file:
        for block in _blocks(answer, shown):
            received += len(block)
            if received > max_bytes:
                raise too_large
            if time.monotonic() > deadline:
                raise InputNotFoundError("it takes too long to come", where=shown, hint="copy it to the service")
            file.write(block)
        if announced is not None and received < announced:
            raise FetchError(f"{received} of {announced} bytes came", where=shown, hint="try again")


def _blocks(answer: http.client.HTTPResponse, shown: str) -> Iterator[bytes]:
    try:
        while block := answer.read1(_BLOCK_BYTES):
            yield block
    except (http.client.HTTPException, OSError) as error:
        raise FetchError("the host stopped sending it", where=shown, hint="try again") from error
