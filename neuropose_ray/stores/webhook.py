"""Webhooks: a signed message to a URL that the settings allow, once per call; whoever calls tries again.

The receiver's host is looked up and its address checked for every message (see
:mod:`~neuropose_ray.network_access`), and redirects are not followed: a name that comes to mean an address inside
this network gains nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from pydantic import JsonValue

from neuropose_ray.errors import AddressRefusedError, WebhookError, WebhookUnavailableError
from neuropose_ray.network_access import Resolve, check_address, is_listed, pinned_url, resolve_name
from neuropose_ray.stores.settings import WebhookSettings
from neuropose_ray.stores.signatures import SIGNATURE_HEADER, signature

if TYPE_CHECKING:
    import httpx

ANY_HOST = "*"
#: What a receiver may ask to wait at most.
LONGEST_WAIT_S = 3600.0
#: Answers that may be another one later, also because somebody corrects the receiver; all others between 300 and 499
#: are about this very message.
_PASSING = frozenset({401, 403, 404, 407, 408, 409, 421, 423, 425, 429})
_HINT = "see service.webhooks in the settings"


class WebhookSender:
    """Sends messages; of one process, in any thread.

    Args:
        settings: hosts, secret, time.
        resolve: gives the addresses of a name.
        clock: Unix seconds, for the signature.
    """

    def __init__(
        self, settings: WebhookSettings, *, resolve: Resolve = resolve_name, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._resolve, self._clock = settings, resolve, clock
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    @property
    def give_up_s(self) -> float:
        """Seconds after which a message that no attempt brought through is given up."""
        return self._settings.give_up_hours * 3600

    def check(self, url: str) -> None:
        """Whether webhooks may be sent to a URL, by its text alone.

        Raises:
            AddressRefusedError: they may not.
        """
        require_allowed(url, self._settings)

    def send(self, url: str, body: JsonValue, *, idempotency_key: str, secret: str | None = None) -> int:
        """Post a message, once.

        Args:
            url: of the receiver.
            body: the message.
            idempotency_key: by which a receiver knows a message that comes a second time.
            secret: key of the signature; none: the settings'.

        Returns:
            The status of the receiver's answer, 200 to 299.

        Raises:
            AddressRefusedError: the URL may not be sent to, or has no address that may.
            WebhookUnavailableError: the receiver is not there, or asks to try again.
            WebhookError: it refuses the message.
        """
        import httpx

        require_allowed(url, self._settings)
        addresses = check_address(
            url, private_networks=self._settings.private_networks, resolve=self._resolve
        )  # AddressUnknownError may be tried again
        content = json.dumps(body, allow_nan=False).encode()
        headers = self._headers(content, idempotency_key, secret)
        where = shown_url(url)
        for number, address in enumerate(addresses, 1):
            pinned = pinned_url(url, address)
            try:
                # The answer's body is not asked for: nothing in it counts, however long it is.
                with self._http().stream(
                    "POST",
                    pinned.url,
                    content=content,
                    headers={**headers, **pinned.headers},
                    extensions=dict(pinned.extensions),
                ) as answer:
                    return _require_success(answer, where, self._clock())
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if number == len(addresses):
                    raise _away(where, error) from error
            except httpx.HTTPError as error:
                raise _away(where, error) from error
        raise AssertionError("a checked URL has an address")

    def close(self) -> None:
        """Close connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _headers(self, content: bytes, idempotency_key: str, secret: str | None) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "neuropose-ray",
            "Idempotency-Key": idempotency_key,
        }
        if secret is None and self._settings.secret is not None:
            secret = self._settings.secret.get_secret_value()
        if secret:
            headers[SIGNATURE_HEADER] = signature(content, secret, int(self._clock()))
        return headers

    def _http(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=self._settings.timeout_s,
                    follow_redirects=False,
                    trust_env=False,
                    # Connections are told apart by address alone: one must not be used for another host's name.
                    limits=httpx.Limits(max_keepalive_connections=0),
                )
            return self._client


def require_allowed(url: str, settings: WebhookSettings) -> SplitResult:
    """The parts of a URL that webhooks may be sent to, as far as its text tells.

    Raises:
        AddressRefusedError: scheme, host, port or form are not allowed.
    """
    try:
        parts = urlsplit(url)
        is_known = is_listed(parts, settings.hosts) or ANY_HOST in settings.hosts  # a port is looked at in any case
    except ValueError:
        raise AddressRefusedError("a webhook to what is no URL", hint=_HINT) from None
    where = shown_url(url)
    schemes = ("https", "http") if settings.http else ("https",)
    if parts.scheme not in schemes:
        raise AddressRefusedError(f"no webhooks by {parts.scheme or 'this scheme'}", where=where, hint=_HINT)
    if not parts.hostname or "@" in parts.netloc:
        raise AddressRefusedError("a webhook without a host, or with a user in its URL", where=where, hint=_HINT)
    if any(character.isspace() or not character.isprintable() for character in url):
        raise AddressRefusedError("a webhook to a URL with spaces", where=where, hint=_HINT)
    if not is_known:
        raise AddressRefusedError("not a host that webhooks may be sent to", where=where, hint=_HINT)
    return parts


def shown_url(url: str) -> str:
    """Scheme, host and port of a URL: its path and query may be a secret between its owner and the receiver."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "?"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def retry_after_s(value: str | None, now: float) -> float | None:
    """Seconds that an answer's ``Retry-After`` asks to wait, an hour at most; None where it says nothing.

    Args:
        value: of the header, seconds or a date of HTTP.
        now: Unix seconds.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(min(int(text[:12]), LONGEST_WAIT_S))
    try:
        wait_s = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait_s, 0.0), LONGEST_WAIT_S)


def _require_success(answer: httpx.Response, where: str, now: float) -> int:
    status = answer.status_code
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return status
    what = f"the receiver answers {status}"
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        error = WebhookUnavailableError(what, where=where, hint="it is tried again")
        error.retry_after_s = retry_after_s(answer.headers.get("Retry-After"), now)
        raise error
    raise WebhookError(what, where=where, hint="correct its URL or the receiver")


def _away(where: str, error: Exception) -> WebhookUnavailableError:
    return WebhookUnavailableError(
        f"the receiver does not answer ({type(error).__name__})", where=where, hint="it is tried again"
    )
