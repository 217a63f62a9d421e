"""Whether a person falls: from upright to lying within a short time, downwards, and staying there."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from neuropose_ray.rules.branches.body import BodyReader
from neuropose_ray.rules.branches.protocol import BranchResult, Polled, failure
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import FallBranch
from neuropose_ray.schemas.skeleton import Skeleton

#: What templates may name.
FALL_FIELDS: Final = ("value", "time_s", "drop_mm", "lying_s")


class FallRun:
    """The watch for a fall in one episode."""

    def __init__(self, settings: FallBranch, reader: BodyReader) -> None:
        """Begin without a frame.

        Args:
            settings: what counts as a fall.
            reader: of the skeleton's joints.
        """
        self._settings, self._reader = settings, reader
        self._first_s: float | None = None
        #: Times and hip heights of the latest moments in which the person was upright.
        self._upright: deque[tuple[float, float]] = deque()
        self._lying_since_s: float | None = None
        self._drop_mm = -math.inf
        self._result: BranchResult | None = None

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        state = None if moment.person is None or self._result else self._reader.state(moment.person)
        if state is None:
            return
        now = moment.time_s
        if self._first_s is None:
            self._first_s = now
        while self._upright and now - self._upright[0][0] > self._settings.within_s:
            self._upright.popleft()
        if state.trunk_inclination_deg >= self._settings.lying_deg:
            self._lie(now, state.hip_height_mm)
        else:
            self._lying_since_s = None
            if state.trunk_inclination_deg <= self._settings.upright_deg:
                self._upright.append((now, state.hip_height_mm))

    def finish(self) -> None:
        """Settle on what is known."""
        _, self._result = self.conclude()

    def poll(self) -> Polled:
        """Give the result once somebody fell."""
        return (), self._result

    def conclude(self) -> Polled:
        """Give what is known now."""
        if self._result is not None:
            return (), self._result
        if self._first_s is None:
            return (), failure("hips and shoulders were never seen", "unexpected_error")
        return (), BranchResult({"value": False, "time_s": None, "drop_mm": None, "lying_s": None})

    def close(self) -> None:
        """Nothing is being computed."""

    def _lie(self, now: float, hip_height_mm: float) -> None:
        if self._lying_since_s is None:
            self._lying_since_s, self._drop_mm = now, -math.inf  # nobody falls who was not upright shortly before
        highest = max((height for _, height in self._upright), default=-math.inf)
        self._drop_mm = max(self._drop_mm, highest - hip_height_mm)
        lying_s = now - self._lying_since_s
        if self._drop_mm >= self._settings.min_drop_mm and lying_s >= self._settings.lying_s:
            self._result = BranchResult(
                {
                    "value": True,
                    "time_s": self._lying_since_s - (self._first_s or 0.0),
                    "drop_mm": self._drop_mm,
                    "lying_s": lying_s,
                }
            )


class FallWatcher:
    """The fall branch of a pipeline."""

    timeout_s = None

    def __init__(self, settings: FallBranch, skeleton: Skeleton) -> None:
        """Keep what all episodes share."""
        self._settings, self._reader = settings, BodyReader(skeleton)

    def begin(self) -> FallRun:
        """Begin an episode."""
        return FallRun(self._settings, self._reader)
