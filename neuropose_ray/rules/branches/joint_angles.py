"""The range of clinical angles over a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from pydantic import JsonValue

from neuropose_ray.analysis import Motion, clinical_angles
from neuropose_ray.rules.branches.protocol import BranchResult, Polled, failure
from neuropose_ray.rules.branches.series import MotionSeries
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import JointAnglesBranch
from neuropose_ray.schemas.skeleton import Skeleton

_MEASURES: Final = ("min", "max", "range", "mean", "last")


def joint_angle_fields(angles: Sequence[str]) -> tuple[str, ...]:
    """What templates may name of these angles."""
    return (*(f"{angle}_{measure}" for angle in angles for measure in _MEASURES), "coverage")


def angle_ranges(motion: Motion, angles: Sequence[str]) -> dict[str, JsonValue]:
    """Smallest, largest, range, mean and last value of angles, in degrees; None where an angle is never known.

    Args:
        motion: one person's.
        angles: names of clinical angles.

    Returns:
        By the names of :func:`joint_angle_fields`; ``coverage`` is the share of the frames in which any is known.
    """
    table = clinical_angles(motion)
    fields: dict[str, JsonValue] = {}
    known_frames = np.zeros(len(motion), np.bool_)
    for angle in angles:
        values = table.angle(angle) if angle in table.names else np.full(len(motion), np.nan)
        known_frames |= np.isfinite(values)
        known = values[np.isfinite(values)]
        figures = (known.min(), known.max(), np.ptp(known), known.mean(), known[-1]) if len(known) else (None,) * 5
        fields |= {
            f"{angle}_{measure}": None if figure is None else float(figure)
            for measure, figure in zip(_MEASURES, figures, strict=True)
        }
    return {**fields, "coverage": float(known_frames.mean()) if len(motion) else 0.0}


class JointAnglesRun:
    """The angles of one episode."""

    def __init__(self, settings: JointAnglesBranch, skeleton: Skeleton) -> None:
        """Begin without a frame.

        Args:
            settings: which angles, and for how long.
            skeleton: of the joints.
        """
        self._settings = settings
        self._series = MotionSeries(skeleton)
        self._is_finished = False

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        if not self._is_over():
            self._series.add(moment)

    def finish(self) -> None:
        """Settle on what is known."""
        self._is_finished = True

    def poll(self) -> Polled:
        """Give the result once the time is over."""
        return self.conclude() if self._is_finished or self._is_over() else ((), None)

    def conclude(self) -> Polled:
        """Give what is known now."""
        fields = angle_ranges(self._series.motion(), self._settings.angles) if len(self._series) else {}
        if not fields.get("coverage"):
            return (), failure("none of the angles is known in any frame", "unexpected_error")
        return (), BranchResult(fields)

    def close(self) -> None:
        """Nothing is being computed."""

    def _is_over(self) -> bool:
        duration_s = self._settings.duration_s
        return duration_s is not None and self._series.duration_s >= duration_s


class JointAnglesWatcher:
    """The angle branch of a pipeline."""

    timeout_s = None

    def __init__(self, settings: JointAnglesBranch, skeleton: Skeleton) -> None:
        """Keep what all episodes share."""
        self._settings, self._skeleton = settings, skeleton

    def begin(self) -> JointAnglesRun:
        """Begin an episode."""
        return JointAnglesRun(self._settings, self._skeleton)
