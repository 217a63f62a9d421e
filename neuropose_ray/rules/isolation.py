"""A branch in one episode, whose errors and delays are its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from neuropose_ray.errors import ModelError, first_line
from neuropose_ray.rules.branches.protocol import Announcement, Branch, BranchResult, BranchRun, failure
from neuropose_ray.rules.observation import Moment

logger = logging.getLogger(__name__)
Value = TypeVar("Value")


class IsolatedRun:
    """Runs a branch; what it raises, and that it takes too long, becomes its result."""

    def __init__(self, name: str, branch: Branch, begun_at: float) -> None:
        """Begin the branch.

        Args:
            name: of the branch.
            branch: to run.
            begun_at: Unix seconds, from which its time counts.
        """
        self.name = name
        self.result: BranchResult | None = None
        self._timeout_s, self._begun_at = branch.timeout_s, begun_at
        self._run: BranchRun | None = self._tried(branch.begin)

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        if self._run is not None and self.result is None:
            run = self._run
            self._tried(lambda: run.observe(moment))

    def finish(self) -> None:
        """Let it settle on what it knows."""
        if self._run is not None and self.result is None:
            self._tried(self._run.finish)

    def poll(self, at: float) -> tuple[Announcement, ...]:
        """Give what is announced; ``result`` is set once it is settled or its time is over."""
        if self._run is None or self.result is not None:
            return ()
        announcements, result = self._tried(self._run.poll) or ((), None)
        self.result = self.result or result
        if self.result is None and self._timeout_s is not None and at - self._begun_at >= self._timeout_s:
            self.give_up(at)
        return announcements

    def give_up(self, at: float) -> None:
        """Fail it, since its time is over."""
        if self.result is None:
            self.result = failure(f"no result within {at - self._begun_at:.1f} s", "timeout")
            self.close()

    def conclude(self) -> tuple[Announcement, ...]:
        """Set the result at once, by what is known."""
        if self._run is None or self.result is not None:
            return ()
        announcements, result = self._tried(self._run.conclude) or ((), None)
        self.result = self.result or result or failure("the episode ended before", "interrupted")
        return announcements

    def close(self) -> None:
        """Give up what is still being computed."""
        if self._run is not None:
            try:
                self._run.close()
            except Exception:
                logger.exception("branch %s could not be given up", self.name)

    def _tried(self, work: Callable[[], Value]) -> Value | None:
        try:
            return work()
        except ModelError as error:
            self.result = failure(first_line(error), "model_error")
        except Exception as error:  # a branch must not take the stream with it
            logger.exception("branch %s failed", self.name)
            self.result = failure(f"{type(error).__name__}: {first_line(error)}", "unexpected_error")
        return None
