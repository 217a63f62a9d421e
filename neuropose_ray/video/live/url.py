"""URLs of cameras: one form for each, what may be shown of them, and a key that gives nothing away."""

from __future__ import annotations

import hashlib
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from neuropose_ray.errors import SourceError
from neuropose_ray.network_access import DEFAULT_PORTS
from neuropose_ray.schemas.live import SourceOptions

_LONGEST = 2000
_HIDDEN = "***"
# Names of values in a URL that say which picture is asked for. Any other value may be a password or a token.
_NAMES = (
    "camera cam camid channel channelid ch chn codec device format fps framerate h height height_px id input mode "
    "profile proto quality res resolution size stream streamid streamtype subtype transportmode track unicast video "
    "videocodec w width"
)
_SHOWN_NAMES = frozenset(_NAMES.split())
# A password that was not encoded may hold anything, so a user part reaches to the last @ of the line.
_USER_PART = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/+)[^\r\n]*@")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_QUERY = re.compile(r"(?<=[?&;#])[^?&;#]+")
# name=value, as some recorders have it in their paths.
_VALUE = re.compile(r"([^=&;?/_:,]*)=([^&;,/?]*)")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
#: Options that change which frames a source gives; sources that differ in others are the same source.
_DECODING = ("kind", "transport", "fps", "buffer", "buffer_frames", "realtime", "clip_s")

_ONE_HASH = threading.Lock()

Scheme = Literal["rtsp", "rtsps", "http", "https", "device", "file"]


def normalised_url(url: str) -> str:
    """One form for all spellings of a source's address; user and password stay in it.

    Scheme and host in small letters, no usual port, no fragment, escapes in capitals; a path becomes ``file:///...``,
    a camera of this machine ``device:...``.

    Args:
        url: ``rtsp(s)://`` or ``http(s)://``, ``device:0`` or ``/dev/video0``, ``file://`` or an absolute path.

    Raises:
        SourceError: it is none of these.
    """
    text = url.strip()
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise SourceError("not the address of a source", hint=f"give 1 to {_LONGEST} printable characters")
    if text.startswith("/dev/"):
        text = f"device:{text}"
    if text.startswith("device:"):
        return f"device:{_device(text.removeprefix('device:'))}"
    if text.startswith("/"):
        return Path(text).as_uri()
    shown = redacted(text)
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        what = "not a URL with a host and a port"
        raise SourceError(
            what, where=shown, hint="write characters such as / # ? @ in a password as %2F ..."
        ) from None
    if parts.scheme == "file":
        return _file(parts, shown)
    if parts.scheme not in DEFAULT_PORTS:
        hint = "give rtsp://, rtsps://, http://, https://, device:0 or an absolute path"
        raise SourceError("not the address of a source", where=shown, hint=hint)
    if not host or " " in text:
        raise SourceError("a URL without a host, or with a space in it", where=shown, hint="write a space as %20")
    user, at, _ = parts.netloc.rpartition("@")
    literal = f"[{host}]" if ":" in host else host
    authority = literal if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{literal}:{port}"
    path = parts.path or ("/" if parts.scheme.startswith("http") else "")
    whole = urlunsplit((parts.scheme, f"{user}{at}{authority}", path, parts.query, ""))
    return _ESCAPE.sub(lambda escape: escape[0].upper(), whole)


def redacted(text: str) -> str:
    """A URL, or a text with URLs in it, without what may be secret.

    The user part is hidden, and so is every value of a query or path but those that are known to say which picture is
    asked for. Rather too much is hidden than too little.
    """
    return _URL.sub(lambda url: _without_values(url[0]), _USER_PART.sub(rf"\1{_HIDDEN}@", text))


def source_key(url: str, options: SourceOptions, *, secret: bytes = b"") -> str:
    """16 hexadecimal digits that are equal for equal sources: the same URL and the same decoding.

    The URL's password decides too: who does not have it is not given the pictures of who has. Since names of actors
    carry the key, each guess at a password takes as long as with a stored one (scrypt, RFC 7914), and with
    ``secret``, which stays on the machine, none can be checked at all.

    Args:
        url: of the source.
        options: how it is read.
        secret: of this installation.

    Raises:
        SourceError: it is not the address of a source.
    """
    decoding = options.model_dump_json(include=set(_DECODING))
    content = f"{normalised_url(url)}\n{decoding}".encode()
    with _ONE_HASH:
        return _hashed(content, b"neuropose-ray source" + secret)


def credentials_of(url: str) -> tuple[str, str] | None:
    """User and password of a URL, decoded; None where it has none."""
    user_part, at, _ = urlsplit(url).netloc.rpartition("@")
    user, _, password = user_part.partition(":")
    return (unquote(user), unquote(password)) if at else None


# One at a time: each takes 16 MiB and a twentieth of a second, which is paid for a source and not for each of its
# clients. The allocator keeps what threads at the same time have taken.
@lru_cache(maxsize=512)
def _hashed(content: bytes, salt: bytes) -> str:
    return hashlib.scrypt(content, salt=salt, n=2**14, r=8, p=1, dklen=8).hex()


def _without_values(url: str) -> str:
    path, mark, query = re.match(r"([^?#]*)([?#]?)(.*)", url, re.DOTALL).groups()  # type: ignore[union-attr]
    path = _VALUE.sub(lambda pair: _shown(pair[1], pair[2]), path)
    return path + _QUERY.sub(lambda part: _shown(*part[0].partition("=")[::2]), mark + query)


def _shown(name: str, value: str) -> str:
    """A pair of name and value; a value alone has no name to tell what it is."""
    if name.lower() in _SHOWN_NAMES:
        return f"{name}={value}" if value else name
    return f"{name}={_HIDDEN}" if value else _HIDDEN


def _device(name: str) -> str:
    device = f"/dev/video{name}" if name.isascii() and name.isdigit() else name
    if not re.fullmatch(r"/dev/[A-Za-z0-9_/-]+", device):
        raise SourceError("not a camera of this machine", where=f"device:{name}", hint="give device:0 or /dev/video0")
    return device


def _file(parts: SplitResult, shown: str) -> str:
    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        raise SourceError("not a file of this machine", where=shown, hint="give file:///folder/video.mp4")
    return f"file://{quote(path)}"
