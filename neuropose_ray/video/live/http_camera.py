"""HTTP to cameras: every address is checked, also after a redirect, and the password goes to the camera alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from neuropose_ray.network_access import pinned_url
from neuropose_ray.video.live.access import SourceAccess, allowed_addresses
from neuropose_ray.video.live.pictures import ConnectionEnded
from neuropose_ray.video.live.url import credentials_of, normalised_url

if TYPE_CHECKING:
    import httpx

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_DENIED = frozenset({401, 403})


class HttpCamera:
    """The client of one camera, on connections that are kept.

    Args:
        url: normalised; its user and password are used where the camera asks for them (Basic or Digest).
        access: where cameras may be.
        silence_s: without a byte, after which a connection is lost.
    """

    def __init__(self, url: str, access: SourceAccess, *, silence_s: float) -> None:
        import httpx

        self._url, self._access = url, access
        self._credentials = credentials_of(url)
        self._auth: httpx.Auth | None = None
        # Proxies of the environment would connect to what was not checked.
        self._client = httpx.Client(timeout=silence_s, trust_env=False, follow_redirects=False)

    def get(self, headers: Mapping[str, str] | None = None, url: str | None = None) -> httpx.Response:
        """The answer to a GET, its body unread; the caller closes it.

        Args:
            headers: beside the usual ones.
            url: another one than the camera's.

        Raises:
            ConnectionEnded: there is no answer, or one that refuses.
            SourceError: an address on the way is not allowed.
            AddressUnknownError: a host on the way has no address now.
        """
        current_url = self._url if url is None else normalised_url(url)
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._answer(current_url, headers or {})
            if response.status_code not in _REDIRECTS:
                break
            response.close()
            current_url = normalised_url(urljoin(current_url, response.headers.get("Location", "")))
        if response.status_code in (200, 304):
            return response
        response.close()
        if response.status_code in _DENIED:
            raise ConnectionEnded(f"user or password is refused ({response.status_code})", denied=True)
        if response.status_code in _REDIRECTS:
            raise ConnectionEnded("it redirects too often")
        raise ConnectionEnded(f"it answers {response.status_code}")

    def stream(self, url: str | None = None) -> HttpStream:
        """The body of an answer as a file that a media library reads."""
        return HttpStream(self.get(url=url))

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _answer(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        response = self._send(url, headers, self._auth if self._is_cameras(url) else None)
        if response.status_code == 401 and self._credentials and self._is_cameras(url) and self._auth is None:
            self._auth = _auth(response, *self._credentials)
            response.close()
            response = self._send(url, headers, self._auth)
        return response

    def _send(self, url: str, headers: Mapping[str, str], auth: httpx.Auth | None) -> httpx.Response:
        *others, last = allowed_addresses(url, self._access)
        for address in others:
            with suppress(ConnectionEnded):
                return self._send_to(address, url, headers, auth)
        return self._send_to(last, url, headers, auth)

    def _send_to(self, address: str, url: str, headers: Mapping[str, str], auth: httpx.Auth | None) -> httpx.Response:
        pinned = pinned_url(url, address)
        request = self._client.build_request(
            "GET",
            pinned.url,
            headers={"User-Agent": "neuropose-ray", "Accept-Encoding": "identity", **pinned.headers, **headers},
            extensions=dict(pinned.extensions),
        )
        with http_errors():
            return self._client.send(request, auth=auth, stream=True)

    def _is_cameras(self, url: str) -> bool:
        """Whether a URL is of the camera itself, and not of a host that it points to."""
        camera, other = urlsplit(self._url), urlsplit(url)
        return (camera.scheme, camera.hostname, camera.port) == (other.scheme, other.hostname, other.port)


class HttpStream:
    """The body of an answer, read as it comes.

    Attributes:
        content_type: in small letters, without parameters.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._blocks = response.iter_raw()
        self._rest = b""
        self.content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, as soon as there are some; none at the end.

        Raises:
            ConnectionEnded: the connection is lost.
        """
        with http_errors():
            while not self._rest:
                block = next(self._blocks, None)
                if block is None:
                    return b""
                self._rest = block
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def close(self) -> None:
        """Close the connection."""
        self._response.close()


@contextmanager
def http_errors() -> Iterator[None]:
    """Raise what breaks a connection as what it means, without the URL that it carries.

    Raises:
        ConnectionEnded: always, where the connection breaks.
    """
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise ConnectionEnded("it does not answer in time") from None
    except httpx.ConnectError:
        raise ConnectionEnded("it cannot be connected to") from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL):
        raise ConnectionEnded("the connection broke") from None


def _auth(response: httpx.Response, user: str, password: str) -> httpx.Auth:
    import httpx

    asked = response.headers.get("WWW-Authenticate", "").lower()
    return httpx.DigestAuth(user, password) if "digest" in asked else httpx.BasicAuth(user, password)
