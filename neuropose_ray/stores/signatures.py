"""The signature of a webhook: who has the secret made this body, at this time."""

from __future__ import annotations

import hashlib
import hmac
import re

SIGNATURE_HEADER = "Neuropose-Signature"
#: How old a message may be that a receiver takes: a recorded one cannot be played back later.
TOLERANCE_S = 300.0
_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """The header's value: ``t=<Unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>", in hexadecimal>``."""
    return f"t={timestamp},v1={_digest(body, secret, timestamp)}"


def verify_signature(header: str, body: bytes, secret: str, now: float, tolerance_s: float = TOLERANCE_S) -> bool:
    """Whether a header signs a body, and is not older or newer than the tolerance; for receivers.

    Args:
        header: what came as ``Neuropose-Signature``.
        body: as it came, byte for byte.
        secret: that sender and receiver share.
        now: Unix seconds.
        tolerance_s: between now and the time in the header.
    """
    match = _FORM.fullmatch(header)
    if match is None:
        return False
    timestamp = int(match[1])
    is_fresh = abs(now - timestamp) <= tolerance_s
    return hmac.compare_digest(_digest(body, secret, timestamp), match[2]) and is_fresh


def _digest(body: bytes, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
