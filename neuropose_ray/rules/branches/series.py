"""The movement of one person in an episode, as it grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import Motion
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.skeleton import Skeleton


class MotionSeries:
    """The joints of one person, frame by frame; frames in which they are not seen are kept as missing."""

    def __init__(self, skeleton: Skeleton) -> None:
        """Begin without a frame.

        Args:
            skeleton: of the joints.
        """
        self._skeleton = skeleton
        self._times_s: list[float] = []
        self._joints: list[NDArray[np.float64]] = []
        self._scores: list[NDArray[np.float64]] = []
        self._missing = np.full((len(skeleton), 3), np.nan)

    def __len__(self) -> int:
        return len(self._times_s)

    @property
    def duration_s(self) -> float:
        """From the first to the last frame."""
        return self._times_s[-1] - self._times_s[0] if self._times_s else 0.0

    def add(self, moment: Moment) -> bool:
        """Take the next frame; False for one that is not later than the last, which is left out."""
        if self._times_s and moment.time_s <= self._times_s[-1]:
            return False
        person = moment.person
        self._times_s.append(moment.time_s)
        self._joints.append(self._missing if person is None else person.joints)
        self._scores.append(self._missing[:, 0] if person is None else person.joint_scores)
        return True

    def motion(self, last_s: float | None = None) -> Motion:
        """The movement as arrays.

        Args:
            last_s: of its end alone, in s; None for all of it.
        """
        times = np.array(self._times_s)
        first = 0 if last_s is None or not len(times) else int(np.searchsorted(times, times[-1] - last_s))
        shape = (len(times) - first, len(self._skeleton))
        return Motion(
            "live",
            self._skeleton,
            times[first:],
            np.array(self._joints[first:]).reshape(*shape, 3),
            np.array(self._scores[first:]).reshape(shape),
        )
