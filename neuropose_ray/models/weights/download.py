"""One file over HTTP, resumed where it broke off."""

from __future__ import annotations

import http.client
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from neuropose_ray.errors import WeightsUnavailableError
from neuropose_ray.models.weights.settings import DownloadPolicy, Progress

logger = logging.getLogger(__name__)

_PIECE_BYTES = 1 << 20
_TRANSIENT_STATUS = frozenset({408, 416, 425, 429, 500, 502, 503, 504})


class _BrokenOffError(Exception):
    """The transfer failed in a way that another attempt may mend."""


def download(url: str, part: Path, *, shown: str, policy: DownloadPolicy, progress: Progress) -> None:
    """Fetch ``url`` into ``part``, going on from what an earlier attempt or process left there.

    What is there is only used if the server still has the same version of the file: its ETag or modification time is
    kept beside ``part`` and sent along.

    Args:
        url: ``http`` or ``https``.
        part: the file to fill; left in place, incomplete, when the download fails.
        shown: the URL as errors may show it.
        policy: attempts, waits, time limits.
        progress: called after every piece.

    Raises:
        WeightsUnavailableError: refused, not there, or still incomplete after the last attempt.
        OSError: the disk cannot be written.
    """
    for attempt in range(1, policy.attempts + 1):
        try:
            _attempt(url, part, policy.timeout_s, progress)
        except _BrokenOffError as broken:
            if attempt == policy.attempts:
                raise WeightsUnavailableError(f"cannot be fetched: {broken}", where=shown) from broken
            wait_s = policy.first_wait_s * 2 ** (attempt - 1)
            logger.info("%s: %s; attempt %d follows in %g s", shown, broken, attempt + 1, wait_s)
            time.sleep(wait_s)
        except urllib.error.HTTPError as refused:
            raise WeightsUnavailableError(
                f"the server answers {refused.code} {refused.reason}", where=shown
            ) from refused
        else:
            return


def _attempt(url: str, part: Path, timeout_s: float, progress: Progress) -> None:
    """One request; on return ``part`` has the length that the server announced."""
    response = _open(url, part, timeout_s)
    if response is None:
        return
    with response:
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        received = part.stat().st_size if resumed else 0
        total = _announced_total(response, received)
        _remember_validator(response, part)
        with part.open("ab" if resumed else "wb") as file:
            progress(received, total)
            for piece in _pieces(response):
                file.write(piece)
                received += len(piece)
                progress(received, total)
    if total is not None and received != total:
        raise _BrokenOffError(f"{received} of {total} bytes came")


def _open(url: str, part: Path, timeout_s: float) -> http.client.HTTPResponse | None:
    """Ask for what is missing of ``part``; None when nothing is."""
    # Without Accept-Encoding a proxy may recompress, and lengths and ranges would no longer be those of the file.
    headers = {"User-Agent": "neuropose-ray", "Accept-Encoding": "identity"}
    validator = _validator_path(part)
    if part.exists() and validator.exists():
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": validator.read_text("utf-8")}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout_s)
    except urllib.error.HTTPError as refused:
        if refused.code not in _TRANSIENT_STATUS:
            raise
        if refused.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if refused.headers.get("Content-Range") == f"bytes */{part.stat().st_size}":
                return None
            part.unlink()
        raise _BrokenOffError(f"the server answers {refused.code} {refused.reason}") from refused
    except urllib.error.URLError as error:
        raise _BrokenOffError(str(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(str(error) or type(error).__name__) from error
    return cast("http.client.HTTPResponse", response)


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            piece = response.read(_PIECE_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenOffError(str(error) or type(error).__name__) from error
        if not piece:
            return
        yield piece


def _announced_total(response: http.client.HTTPResponse, resumed_at: int) -> int | None:
    length = response.headers.get("Content-Length")
    return None if length is None else resumed_at + int(length)


def _remember_validator(response: http.client.HTTPResponse, part: Path) -> None:
    validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
    if validator is None or validator.startswith("W/"):  # a weak ETag does not promise the same bytes
        _validator_path(part).unlink(missing_ok=True)
    else:
        _validator_path(part).write_text(validator, "utf-8")


def _validator_path(part: Path) -> Path:
    return part.with_name(part.name + ".validator")
