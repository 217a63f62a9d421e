"""Which sources may be opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from neuropose_ray.errors import AddressRefusedError, AddressUnknownError, SourceError
from neuropose_ray.network_access import Resolve, check_address, resolve_name
from neuropose_ray.schemas.live import SourceKind
from neuropose_ray.video.live.url import normalised_url, redacted

_KINDS_OF_SCHEME: dict[str, tuple[SourceKind, ...]] = {
    "rtsp": ("rtsp",),
    "rtsps": ("rtsp",),
    "http": ("auto", "mjpeg", "snapshot", "hls"),
    "https": ("auto", "mjpeg", "snapshot", "hls"),
    "device": ("device",),
    "file": ("file",),
}

OpenKind = Literal["rtsp", "http", "mjpeg", "snapshot", "hls", "device", "file"]
"""The kind of a source as far as its URL tells; ``http``: what the server answers decides."""


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """What a source may be, and where it may be.

    Attributes:
        private_networks: cameras may have addresses of private networks and of this machine.
        hosts: the only hosts allowed, each ``name`` or ``name:port``; empty for all.
        hls: HLS may be read.
        devices: cameras of this machine may be opened.
        files: folders below which files may be played.
    """

    private_networks: bool = False
    hosts: tuple[str, ...] = ()
    hls: bool = False
    devices: bool = False
    files: tuple[Path, ...] = ()


def kind_of(url: str, kind: SourceKind, access: SourceAccess) -> OpenKind:
    """The kind of a source, if it may be opened as far as its URL tells; no name is resolved.

    Args:
        url: as :func:`~neuropose_ray.video.live.url.normalised_url` gives it.
        kind: what it was asked for as.
        access: what is allowed.

    Raises:
        SourceError: the kind does not fit the URL, or is not allowed.
    """
    scheme, shown = url.partition(":")[0], redacted(url)
    kinds = _KINDS_OF_SCHEME[scheme]
    if kind not in ("auto", *kinds):
        raise SourceError(f"{scheme} is no address of the kind {kind}", where=shown, hint="leave out the kind")
    chosen: OpenKind = "http" if kind == "auto" and "auto" in kinds else (kinds[0] if kind == "auto" else kind)  # type: ignore[assignment]
    if chosen == "http" and urlsplit(url).path.lower().endswith((".m3u8", ".m3u")):
        chosen = "hls"
    if chosen == "hls" and not access.hls:
        raise SourceError(
            "HLS is not allowed", where=shown, hint="its playlists may point to any host; see the settings"
        )
    if chosen == "device" and not access.devices:
        raise SourceError(
            "cameras of this machine are not allowed", where=shown, hint="see the settings of live streams"
        )
    if chosen == "file":
        allowed_file(url, access)
    return chosen


def allowed_file(url: str, access: SourceAccess) -> Path:
    """The true path, links followed, of a file that may be played.

    Raises:
        SourceError: it lies below no folder that is allowed, or is not there.
    """
    path = Path(os.path.realpath(unquote(urlsplit(url).path)))
    # Whether something lies outside is not told.
    if not any(path.is_relative_to(os.path.realpath(folder)) for folder in access.files):
        raise SourceError(
            "not below a folder that sources may be in", where=url, hint="see the settings of live streams"
        )
    if not path.is_file():
        raise SourceError("there is no such file", where=url, hint="check the path")
    return path


def allowed_addresses(url: str, access: SourceAccess, *, resolve: Resolve = resolve_name) -> tuple[str, ...]:
    """The addresses of a network camera that may be connected to.

    Raises:
        SourceError: none is allowed.
        AddressUnknownError: its host has no address now.
    """
    try:
        return check_address(url, hosts=access.hosts, private_networks=access.private_networks, resolve=resolve)
    except AddressRefusedError as error:
        hint = "see the settings of live streams: hosts (name, or name:port), private_networks"
        raise SourceError(error.what, where=redacted(url), hint=hint) from None


def check_source(url: str, kind: SourceKind, access: SourceAccess, *, resolve: Resolve = resolve_name) -> str:
    """The normalised URL of a source that may be opened; a host that has no address now may have one later.

    Raises:
        SourceError: it is no source, or may not be opened.
    """
    normalised = normalised_url(url)
    if kind_of(normalised, kind, access) not in ("device", "file"):
        try:
            allowed_addresses(normalised, access, resolve=resolve)
        except AddressUnknownError:
            return normalised
    return normalised
