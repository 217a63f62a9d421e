"""One person's angles, velocities and events over time: what files for other programs are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MotionEvent:
    """Something that happens at one moment.

    Attributes:
        time_s: on the clock of the series.
        name: "heel strike", "toe-off", "repetition start", "repetition peak", "repetition end",
            "jump take-off", "jump landing".
        side: "left", "right", "both", or empty where it has none.
        number: of the repetition or jump, from 1; None for other events.
    """

    time_s: float
    name: str
    side: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class MotionSeries:
    """The angles of one person over time, as an analysis has them.

    Attributes:
        times_s: ``(frames,)`` ascending, of the cleaned motion.
        angles_deg: ``(frames,)`` degrees by the angle's name, NaN where not known.
        velocities_deg_per_s: the same names, degrees per second.
        body: ``(frames,)`` of the centre of mass and the energies, by names that end with their unit
            ("centre_height_m"), NaN where not known; empty where the skeleton lacks joints for them.
        events: ascending in time.
        definitions: by the angle's name between what it is measured, and which way is positive.
        unreliable: by the angle's name why it cannot be relied on; angles that can be are not in it.
        warnings: what a reader should know, a sentence each.
        person: who it is: "track 0 of 2 (others: 1), seen in 88 %".
    """

    times_s: NDArray[np.float64]
    angles_deg: Mapping[str, NDArray[np.float64]]
    velocities_deg_per_s: Mapping[str, NDArray[np.float64]]
    body: Mapping[str, NDArray[np.float64]]
    events: tuple[MotionEvent, ...]
    definitions: Mapping[str, str]
    unreliable: Mapping[str, str]
    warnings: tuple[str, ...]
    person: str
