"""What a stream is made of: where its frames come from, who looks at them, and where decisions go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.pose import LiveFrameRequest, LiveModel, LivePrediction
from neuropose_ray.video.live import LiveFrame, SourceStatus

#: The event that a registered stream's session is another one now.
SESSION_CHANGED = "session.changed"


class Source(Protocol):
    """The protocol of :class:`neuropose_ray.video.live.LiveSource`, as far as it is used here."""

    def start(self) -> None:
        """Begin to connect."""
        ...

    def take(self, timeout_s: float) -> LiveFrame | None:
        """The next frame; None where none came in time."""
        ...

    def status(self) -> SourceStatus:
        """How it is."""
        ...

    def clip(self, seconds: float, path: Path) -> Any:
        """Write the last seconds into a file."""
        ...

    def close(self) -> None:
        """End."""
        ...


class PoseModelClient(Protocol):
    """The pose model, wherever it is."""

    async def model(self) -> LiveModel:
        """What is loaded; waits until something is."""
        ...

    async def look(self, request: LiveFrameRequest) -> LivePrediction | None:
        """The people in a frame; None where it was left out.

        Raises:
            NeuroposeRayError: the model cannot be reached, or failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """What a stream is called.

    Attributes:
        key: of its source.
        url: without credentials.
        life: of the process that works on it; another one has another.
    """

    key: str
    url: str
    life: str


@dataclass(frozen=True, slots=True)
class Engine:
    """The rule engine that has begun an episode: what is needed to end the episode when the engine is dead.

    Attributes:
        key: of the source at which it works.
        life: of the process in which it works.
        pipeline: its rules, as JSON.
    """

    key: str
    life: str
    pipeline: str


#: Hands a decision on, with the engine of one at the begin of an episode; returns when it is taken.
Decide = Callable[[Decision, Engine | None], Awaitable[None]]
