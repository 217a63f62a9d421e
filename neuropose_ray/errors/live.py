"""Errors of live streams: sources, rules, and the stores and webhooks to which rules write."""

from __future__ import annotations

from neuropose_ray.errors.service import ServiceError


class LiveError(ServiceError):
    """A live stream, or what is done with it, is not what it should be."""

    code = "live"
    cause = "A message that does not fit the state of the stream or the session."
    remedy = "Read the message; schemas/live_messages.py describes what may be sent."


class SourceError(LiveError):
    """A source of live pictures that cannot be used: its URL, its access, or what it gives."""

    code = "source"
    cause = "A wrong URL, refused access, or a camera whose format is not known."
    remedy = "Open the URL with ffplay; check user, password and the kind of stream."


class RuleError(LiveError):
    """A pipeline of rules that is wrong; ``where`` is the path of the field."""

    code = "rule"
    cause = "A field of the pipeline that is missing, misspelt or out of its range."
    remedy = "Correct the field whose path the message names."


class StoreError(LiveError):
    """A store of records, images or events that refuses, or is not there."""

    code = "store"
    cause = "A database or folder that refuses what is written, or was never set."
    remedy = "Check service.live.stores and the rights of its user."


class BundleError(LiveError):
    """A bundle of rules and models that is damaged, hostile or of another kind."""

    code = "bundle"
    cause = "A zip that is damaged, lacks a file, or holds what may not be in it."
    remedy = "Make the bundle again from its pipeline and networks."


class StreamNotFoundError(LiveError):
    """No registered stream of this id, or no picture of it yet."""

    code = "stream_not_found"
    cause = "A typing error, or a stream that was removed or has no picture yet."
    remedy = "neuropose-ray live list shows the streams."


class SessionNotFoundError(LiveError):
    """A session that belongs to somebody else."""

    code = "session_not_found"
    cause = "A session of this name was made with another token."
    remedy = "Use the token that made it, one with the scope admin, or another name."


class SessionVersionError(LiveError):
    """A session was changed by somebody else meanwhile."""

    code = "session_version"
    cause = "Somebody else changed the session between your look and your change."
    remedy = "Read it again, and send the change with the new version."


class StoreUnavailableError(StoreError):
    """A store that is away, busy or full; the same works when it is back."""

    code = "store_unavailable"
    retryable = True
    cause = "The database is being restarted, is busy, or its disk is full."
    remedy = "Nothing needs to be done: it is tried again until the store is back."


class WebhookError(LiveError):
    """A receiver of webhooks that refuses a message."""

    code = "webhook"
    cause = "The receiver answered that it does not want this message."
    remedy = "Check the URL and what the receiver expects; then send it again."


class WebhookUnavailableError(WebhookError):
    """A receiver of webhooks that is away; ``retry_after_s`` is what it asks to wait, where it says so."""

    code = "webhook_unavailable"
    retryable = True
    cause = "The receiver is away or overloaded."
    remedy = "Nothing needs to be done: it is tried again for three days."
    retry_after_s: float | None = None
