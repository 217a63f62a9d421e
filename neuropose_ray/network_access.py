"""Where this machine connects to on somebody's behalf: public addresses, unless the settings allow others.

A URL that a client gives must not lead into the network of the machine that opens it (server-side request forgery).
Names are resolved once, the addresses checked, and those very addresses connected to: a name that means something
else the next time it is asked for gains nothing. Every redirect is a new URL, to be checked like the first.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit, urlunsplit

from neuropose_ray.errors import AddressRefusedError, AddressUnknownError

#: Ports of a URL that names none.
DEFAULT_PORTS: Mapping[str, int] = MappingProxyType({"https": 443, "http": 80, "rtsp": 554, "rtsps": 322})
#: IPv6 addresses in which NAT64 hides any IPv4 address (RFC 6052, RFC 8215).
_NAT64 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # an IPv4 address inside (RFC 4291, deprecated)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Gives the addresses of a host's name; raises OSError or UnicodeError where there is none.
Resolve = Callable[[str, int], Sequence[str]]


def resolve_name(host: str, port: int) -> tuple[str, ...]:
    """The addresses that the system's resolver has for a host, in its order of preference, without scope ids.

    Raises:
        OSError: there is none.
        UnicodeError: no host can have this name.
    """
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in entries))


def may_connect(address: Address, *, private: bool) -> bool:
    """Whether an address is one of the public internet, or with ``private`` of a private network or this machine.

    Link-local addresses, where clouds keep their credentials, multicast and reserved ones are never allowed; an IPv4
    address inside an IPv6 address counts as itself.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        hides = any(address in network for network in _NAT64) or (address in _COMPATIBLE and int(address) > 1)
        if inner is None and hides:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return may_connect(inner, private=private)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if private and (address.is_private or address.is_loopback):
        return not (address.version == 4 and address.is_reserved)
    return address.is_global and not address.is_reserved


def is_listed(parts: SplitResult, hosts: Sequence[str]) -> bool:
    """Whether a URL's host is one of ``hosts``, each ``name`` (at the scheme's usual port) or ``name:port``.

    Raises:
        ValueError: the URL's port is not one.
    """
    host = (parts.hostname or "").rstrip(".")
    names = {host} if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else set()
    if parts.port is not None:
        names.add(f"{host}:{parts.port}")
    return not names.isdisjoint(listed.lower() for listed in hosts)


def check_address(
    url: str,
    *,
    hosts: Sequence[str] = (),
    private_networks: bool = False,
    resolve: Resolve = resolve_name,
) -> tuple[str, ...]:
    """The addresses of a URL's host that may be connected to; at least one.

    Args:
        url: with a host, and a port where the scheme has no usual one.
        hosts: the only hosts allowed, each ``name`` or ``name:port``; empty for all.
        private_networks: allow addresses of private networks and of this machine.
        resolve: gives the addresses of a name.

    Raises:
        AddressRefusedError: no URL, no host's name, a host that is not listed, or none of its addresses is allowed.
        AddressUnknownError: the host's name has no address now.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        listed = not hosts or is_listed(parts, hosts)
    except ValueError:
        raise AddressRefusedError("not a URL with a host and a port") from None
    if not host:
        raise AddressRefusedError("a URL without a host")
    if not listed:
        raise AddressRefusedError("not a host that may be connected to")
    try:
        addresses = resolve(host, port)
    except UnicodeError:
        raise AddressRefusedError("no host can have this name") from None
    except OSError:
        raise AddressUnknownError("no host of this name is known", hint="check the name") from None
    allowed = tuple(a for a in addresses if may_connect(ipaddress.ip_address(a), private=private_networks))
    if not allowed:
        raise AddressRefusedError("its host is in a network that may not be connected to")
    return allowed


@dataclass(frozen=True, slots=True)
class PinnedUrl:
    """A URL whose host is an address that was checked, and what an HTTP client needs beside it.

    ``headers`` names the host that is meant; ``extensions`` are httpx's, so that a certificate is checked against
    that host's name.
    """

    url: str
    headers: Mapping[str, str]
    extensions: Mapping[str, str]


def pinned_url(url: str, address: str) -> PinnedUrl:
    """The same URL, by an address of its host that was checked, without user and password.

    Args:
        url: with a host.
        address: of :func:`check_address`.
    """
    parts = urlsplit(url)
    literal = f"[{address}]" if ":" in address else address
    authority = literal if parts.port is None else f"{literal}:{parts.port}"
    named = parts.netloc.rpartition("@")[2]
    extensions = {"sni_hostname": parts.hostname or ""} if parts.scheme in ("https", "rtsps") else {}
    return PinnedUrl(urlunsplit(parts._replace(netloc=authority)), {"Host": named}, extensions)
