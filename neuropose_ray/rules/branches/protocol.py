"""What a branch of a rule is: something that watches one person from the begin of an episode until it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import FailureType, LiveEventKind


@dataclass(frozen=True, slots=True)
class BranchResult:
    """What a branch came to.

    Attributes:
        fields: by their names; of a failure ``error`` and ``type``.
        failed: whether it has no result.
    """

    fields: Mapping[str, JsonValue]
    failed: bool = False


def failure(error: str, kind: FailureType) -> BranchResult:
    """The result of a branch that has none.

    Args:
        error: one line.
        kind: what kind of failure it is.
    """
    return BranchResult({"error": error, "type": kind}, failed=True)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a branch tells subscribers before it is settled."""

    kind: LiveEventKind
    data: Mapping[str, JsonValue]


#: What a branch announces, and its result once it is settled.
Polled = tuple[tuple[Announcement, ...], BranchResult | None]


class BranchRun(Protocol):
    """A branch in one episode. What it raises fails the branch, not the episode."""

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""

    def finish(self) -> None:
        """Settle on what is known, since no frame will follow; the result may still take a while."""

    def poll(self) -> Polled:
        """Give what is to be announced, and the result once it is settled."""

    def conclude(self) -> Polled:
        """Give what is to be announced, and the result at once; nothing follows."""

    def close(self) -> None:
        """Give up what is still being computed; nothing follows."""


class Branch(Protocol):
    """A branch of a pipeline, for all its episodes."""

    @property
    def timeout_s(self) -> float | None:
        """Seconds from an episode's begin in which a result must be there; None: as long as the episode lasts."""

    def begin(self) -> BranchRun:
        """Begin an episode."""
