"""What was measured of the people in a video and is to be written into its pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable


@dataclass(frozen=True, slots=True)
class AngleCurve:
    """One angle of one person over all frames, and the joints between which it is drawn.

    The angle opens at ``joint`` from the line on which it is 0, which goes on in the direction from the middle of
    ``zero_from`` to the middle of ``zero_to``, to the line from ``joint`` to ``end``.

    Attributes:
        track: the person's id; None for the first person of each frame, in predictions without ids.
        joint: where it is drawn.
        other_side: the same joint of the other side, away from which its number is written.
        zero_from, zero_to: joints.
        end: the joint at the end of the segment that moves.
        degrees: ``(frames,)``, NaN where not known.
    """

    track: int | None
    joint: int
    other_side: int
    zero_from: tuple[int, ...]
    zero_to: tuple[int, ...]
    end: int
    degrees: NDArray[np.float64]

    @property
    def joints(self) -> tuple[int, ...]:
        """All joints on which it rests."""
        return (self.joint, self.end, *self.zero_from, *self.zero_to)


@dataclass(frozen=True, slots=True)
class RepetitionCurve:
    """The repetitions of one person.

    Attributes:
        track: the person's id, None as in :class:`AngleCurve`.
        movement: what is repeated, in words: "knee flexion".
        start_s, end_s: ``(repetitions,)`` ascending times of their first and last frames, as they were filmed.
    """

    track: int | None
    movement: str
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]

    def __len__(self) -> int:
        """How many there are in the whole video."""
        return len(self.start_s)

    def begun(self, time_s: float) -> int:
        """How many have begun by then, with the one that is under way."""
        return int(np.searchsorted(self.start_s, time_s, side="right"))

    def under_way(self, time_s: float) -> bool:
        """Whether a repetition is under way at that time."""
        return bool(((self.start_s <= time_s) & (time_s <= self.end_s)).any())


@dataclass(frozen=True, slots=True)
class Measurements:
    """All that is to be written."""

    angles: tuple[AngleCurve, ...] = ()
    repetitions: tuple[RepetitionCurve, ...] = ()


#: Measures the people of a video.
Measure = Callable[[PoseTable, PredictionsHeader], Measurements]


def measure_nothing(_table: PoseTable, _header: PredictionsHeader) -> Measurements:
    """For overlays that show poses alone."""
    return Measurements()
