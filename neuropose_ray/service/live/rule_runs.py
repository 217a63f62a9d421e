"""The pipelines that run on a stream: one for each who looks at it with rules."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from neuropose_ray.errors import first_line
from neuropose_ray.schemas.rules import Decision, LiveEvent
from neuropose_ray.service.live.attachments import Attachment
from neuropose_ray.service.live.view import Viewed
from neuropose_ray.service.pose import LiveModel
from neuropose_ray.video.live import LiveFrame

Steps = tuple[Decision | LiveEvent, ...]


class RuleRun(Protocol):
    """The protocol of a pipeline at work on one view of a stream."""

    def observe(self, viewed: Viewed, frame: LiveFrame, session_id: str | None) -> Steps:
        """What the next frame leads to."""
        ...

    def interrupt(self, at: float, reason: str) -> Steps:
        """End all episodes that are open.

        Args:
            at: Unix seconds.
            reason: for the decisions' fields.
        """
        ...

    def finish(self, at: float) -> Steps:
        """End all episodes as if everybody left.

        Args:
            at: Unix seconds.
        """
        ...


#: Makes the run of an attachment's pipeline. Raises RuleError where it cannot be run.
RuleRunFactory = Callable[[Attachment, LiveModel], RuleRun]


@dataclass(slots=True)
class _Kept:
    attachment: Attachment
    session_id: str | None
    run: RuleRun | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class RuleRuns:
    """The runs of all attachments; frames come from one thread, and ends from another.

    Args:
        factory: makes a run.
    """

    def __init__(self, factory: RuleRunFactory) -> None:
        self._factory = factory
        self._model: LiveModel | None = None
        self._kept: dict[str, _Kept] = {}

    def use(self, model: LiveModel) -> list[tuple[str, str]]:
        """Take the pose model, by whose skeleton rules are run; those who came before it begin now.

        Returns:
            The tokens of those whose rules cannot be run, each with the reason.
        """
        self._model = model
        failed = []
        for token, kept in self._kept.items():
            if kept.run is None:
                try:
                    kept.run = self._factory(kept.attachment, model)
                except Exception as error:  # noqa: BLE001  one client's rules must not end the stream of all
                    failed.append((token, first_line(error)))
        return failed

    def add(self, attachment: Attachment) -> None:
        """Begin with an attachment's pipeline, if it has one.

        Raises:
            RuleError: it cannot be run.
        """
        if attachment.pipeline is None:
            return
        run = None if self._model is None else self._factory(attachment, self._model)
        self._kept[attachment.token] = _Kept(attachment, attachment.session_id, run)

    def set_session(self, token: str, session_id: str | None) -> None:
        """Stamp a session on what an attachment's rules give from now on."""
        if token in self._kept:
            self._kept[token].session_id = session_id

    def observe(self, token: str, viewed: Viewed, frame: LiveFrame) -> Steps:
        """What a frame leads to."""
        kept = self._kept.get(token)
        if kept is None or kept.run is None:
            return ()
        with kept.lock:
            return kept.run.observe(viewed, frame, kept.session_id)

    def interrupt(self, at: float, reason: str) -> list[tuple[str, Steps]]:
        """End all open episodes; what that leads to, by attachment."""
        return [(token, self._interrupted(kept, at, reason)) for token, kept in self._kept.items()]

    def finish(self, at: float) -> list[tuple[str, Steps]]:
        """Let all episodes end with the source; what that leads to, by attachment."""
        ended: list[tuple[str, Steps]] = []
        for token, kept in self._kept.items():
            with kept.lock:
                ended.append((token, () if kept.run is None else kept.run.finish(at)))
        return ended

    def remove(self, token: str, at: float, reason: str) -> Steps:
        """End with an attachment's pipeline; what that leads to."""
        kept = self._kept.pop(token, None)
        return () if kept is None else self._interrupted(kept, at, reason)

    def _interrupted(self, kept: _Kept, at: float, reason: str) -> Steps:
        with kept.lock:
            return () if kept.run is None else kept.run.interrupt(at, reason)
