"""The hub, as routes and connections call it."""

from __future__ import annotations

from typing import Any, cast

from neuropose_ray.errors import StreamNotFoundError
from neuropose_ray.schemas.live_messages import Session, StreamSpec
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.http.manager_client import PATIENCE_S, patient_call
from neuropose_ray.service.live.registry import KeptSession, RegisteredStream

#: The first call starts it, which on a busy machine takes longer than to replace it.
_PATIENCE_S = 2 * PATIENCE_S - 5.0  # within the minute that clients wait for an answer


class Hub:
    """Calls of the hub over its Serve handle, repeated while its replica is being replaced.

    Args:
        handle: Serve's, of the deployment.
        patience_s: after which a call is given up.
    """

    def __init__(self, handle: Any, patience_s: float = _PATIENCE_S) -> None:
        self._handle, self._patience_s = handle, patience_s

    async def streams(self, caller: Caller) -> tuple[RegisteredStream, ...]:
        """The registered streams that a caller may see."""
        streams = cast(tuple[RegisteredStream, ...], await self._call("streams"))
        return tuple(stream for stream in streams if caller.sees(stream.owner))

    async def stream(self, stream_id: str, caller: Caller) -> RegisteredStream:
        """One registered stream.

        Raises:
            StreamNotFoundError: there is none of this name, or it is somebody else's.
        """
        stream = cast(RegisteredStream, await self._call("stream", stream_id))
        if not caller.sees(stream.owner):
            raise StreamNotFoundError(f"there is no stream {stream_id}", hint="see `neuropose-ray live list`")
        return stream

    async def put(self, stream_id: str, spec: StreamSpec, caller: Caller) -> bool:
        """Register a stream, in place of the caller's own of the same name; whether it is new.

        Raises:
            StreamNotFoundError, SessionNotFoundError: it, or the session that it has, is somebody else's.
        """
        return cast(bool, await self._call("put", stream_id, spec, *_owned(caller)))

    async def remove(self, stream_id: str, caller: Caller) -> None:
        """Forget a stream.

        Raises:
            StreamNotFoundError: there is none of this name, or it is somebody else's.
        """
        await self.stream(stream_id, caller)
        await self._call("remove", stream_id)

    async def set_session(self, stream_id: str, session_id: str | None, caller: Caller) -> None:
        """Stamp a session on what a registered stream gives from now on.

        Raises:
            StreamNotFoundError: there is none of this name, or it is somebody else's.
        """
        await self.stream(stream_id, caller)
        await self._call("set_session", stream_id, session_id)

    async def session(self, session_id: str, caller: Caller) -> Session:
        """What is kept of a session; version 0 where nothing is that the caller may see."""
        kept = cast(KeptSession, await self._call("session", session_id))
        return kept.session if caller.sees(kept.owner) else Session(session_id=session_id)

    async def claim_session(self, session_id: str, caller: Caller) -> Session:
        """What is kept of a session that the caller uses, and that is the caller's where it was nobody's.

        Raises:
            SessionNotFoundError: it is somebody else's.
        """
        return cast(Session, await self._call("claim_session", session_id, *_owned(caller)))

    async def patch_session(self, session_id: str, version: int | None, patch: Any, caller: Caller) -> Session:
        """Change what is kept of a session.

        Raises:
            SessionNotFoundError: it is somebody else's.
            SessionVersionError: it has another version.
        """
        return cast(Session, await self._call("patch_session", session_id, version, patch, *_owned(caller)))

    async def resolved(self, reference: Any, kept_s: float) -> Any:
        """A pipeline that a client names, checked.

        Args:
            reference: inline, or a bundle's path or URL.
            kept_s: the last seconds of video that are kept of the stream.

        Raises:
            RuleError, BundleError: it cannot be used.
        """
        return await self._call("resolved", reference, kept_s)

    async def _call(self, method: str, *arguments: Any) -> Any:
        return await patient_call(
            self._handle, method, arguments, {}, self._patience_s, who="the hub of live streams"
        )


def _owned(caller: Caller) -> tuple[str, bool]:
    """The owner of what a caller makes, and whether the caller may use nothing of other owners."""
    return caller.name, not caller.may("admin")
