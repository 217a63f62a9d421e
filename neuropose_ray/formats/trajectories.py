"""Points over time at a constant rate: what files for biomechanics hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Named points at a constant rate.

    Attributes:
        names: of the points, distinct.
        rate_hz: frames per second.
        start_s: the time of the first frame in s.
        positions: ``(frames, points, 3)`` float64, NaN where missing; axes as whoever made them says.
        units: of the positions.
        notes: what a user of the file that they come from should know, one sentence each.
        on_floor: whether height 0 is the floor; else it is where the axes have it.
    """

    names: tuple[str, ...]
    rate_hz: float
    start_s: float
    positions: NDArray[np.float64]
    units: Literal["mm", "px"] = "mm"
    notes: tuple[str, ...] = ()
    on_floor: bool = False

    def __post_init__(self) -> None:
        """Check the parts against each other.

        Raises:
            InputError: the shape does not fit the names, a name comes twice, or the rate is not positive.
        """
        if self.positions.ndim != 3 or self.positions.shape[1:] != (len(self.names), 3):
            raise InputError(f"{len(self.names)} points, but positions {self.positions.shape}")
        if len(set(self.names)) != len(self.names):
            raise InputError("two points have the same name")
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise InputError(f"a rate of {self.rate_hz} frames per second is not possible")

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Times of the frames, ``(frames,)`` in s."""
        return self.start_s + np.arange(len(self.positions)) / self.rate_hz
