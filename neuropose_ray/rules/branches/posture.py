"""The posture of a person over a while: standing, bent, sitting, squatting, lying."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal

import numpy as np

from neuropose_ray.rules.branches.body import BodyReader, BodyState
from neuropose_ray.rules.branches.protocol import BranchResult, Polled, failure
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import PostureBranch
from neuropose_ray.schemas.skeleton import Skeleton

Posture = Literal["standing", "bent", "sitting", "squatting", "lying"]
#: What templates may name.
POSTURE_FIELDS: Final = ("value", "confidence", "trunk_inclination_deg")

# Bounds in degrees. A trunk beyond 60 with legs along it lies; beyond 45 above straight legs is bent. Who sits has
# knees and hips near 90 above upright shanks; who squats leans the shanks forward.
_LYING, _BENT, _FOLDED_KNEE, _FOLDED_HIP, _LEANING_SHANK, _HANGING = 60.0, 45.0, 50.0, 40.0, 25.0, 60.0


def posture_of(state: BodyState) -> Posture:
    """Name the posture of one moment.

    Args:
        state: of a body before a level camera; legs that are not seen count as straight.
    """
    if state.trunk_inclination_deg > _LYING and not _stands_on_legs(state):
        return "lying"
    if state.knee_flexion_deg > _FOLDED_KNEE and state.hip_flexion_deg > _FOLDED_HIP:
        return "squatting" if state.shank_inclination_deg > _LEANING_SHANK else "sitting"
    return "bent" if state.trunk_inclination_deg > _BENT else "standing"


def _stands_on_legs(state: BodyState) -> bool:
    """Whether the shanks are upright below a bent trunk."""
    return state.hip_flexion_deg > _FOLDED_HIP and state.shank_inclination_deg < _HANGING


class PostureRun:
    """The posture of one episode."""

    def __init__(self, settings: PostureBranch, reader: BodyReader) -> None:
        """Begin without a frame.

        Args:
            settings: how long the person is looked at.
            reader: of the skeleton's joints.
        """
        self._settings, self._reader = settings, reader
        self._first_s: float | None = None
        self._last_s = 0.0
        self._is_finished = False
        self._postures: Counter[Posture] = Counter()
        self._inclinations: list[float] = []

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        state = None if moment.person is None or self._is_over() else self._reader.state(moment.person)
        if state is not None:
            if self._first_s is None:
                self._first_s = moment.time_s
            self._postures[posture_of(state)] += 1
            self._inclinations.append(state.trunk_inclination_deg)
        self._last_s = moment.time_s

    def finish(self) -> None:
        """Settle on what is known."""
        self._is_finished = True

    def poll(self) -> Polled:
        """Give the result once the time is over."""
        return (), self._result() if self._is_finished or self._is_over() else None

    def conclude(self) -> Polled:
        """Give what is known now."""
        return (), self._result()

    def close(self) -> None:
        """Nothing is being computed."""

    def _is_over(self) -> bool:
        return self._first_s is not None and self._last_s - self._first_s >= self._settings.duration_s

    def _result(self) -> BranchResult:
        if not self._postures:
            return failure("hips and shoulders were never seen", "unexpected_error")
        posture, frames = self._postures.most_common(1)[0]
        return BranchResult(
            {
                "value": posture,
                "confidence": frames / self._postures.total(),
                "trunk_inclination_deg": float(np.median(self._inclinations)),
            }
        )


class PostureWatcher:
    """The posture branch of a pipeline."""

    timeout_s = None

    def __init__(self, settings: PostureBranch, skeleton: Skeleton) -> None:
        """Keep what all episodes share."""
        self._settings, self._reader = settings, BodyReader(skeleton)

    def begin(self) -> PostureRun:
        """Begin an episode."""
        return PostureRun(self._settings, self._reader)
