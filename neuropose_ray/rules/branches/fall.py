"""Whether a person falls: from upright to lying within a short time, downwards, and staying there."""

from __future__ import annotations

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
        #: Times and hip heights of the upright moments that a fall may have begun with.
        self._upright: deque[tuple[float, float]] = deque()
        self._lying_since_s: float | None = None
        self._drop_mm = 0.0
        self._result: BranchResult | None = None

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        state = None if moment.person is None or self._result else self._reader.state(moment.person)
        if state is None:
            return
        now = moment.time_s
        if self._first_s is None:
            self._first_s = now
        if state.trunk_inclination_deg >= self._settings.lying_deg:
            self._lie(now, state.hip_height_mm)
        else:
            self._lying_since_s = None
            if state.trunk_inclination_deg <= self._settings.upright_deg:
                self._upright.append((now, state.hip_height_mm))
        while self._upright and now - self._upright[0][0] > self._settings.within_s + self._settings.lying_s:
            self._upright.popleft()

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
            self._lying_since_s, self._drop_mm = now, 0.0
        before = [
            height for time_s, height in self._upright if self._lying_since_s - time_s <= self._settings.within_s
        ]
        self._drop_mm = max(self._drop_mm, max(before, default=hip_height_mm) - hip_height_mm)
        lying_s = now - self._lying_since_s
        if before and self._drop_mm >= self._settings.min_drop_mm and lying_s >= self._settings.lying_s:
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
