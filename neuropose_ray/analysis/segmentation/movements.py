"""The movements that are looked for when nobody says which: the clinical angles of the large joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.angles.clinical import clinical_angles
from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.analysis.angles.table import AngleTable
from neuropose_ray.analysis.motion import Motion

Side = Literal["both", "right", "left", "none"]
SIDES: tuple[Literal["right"], Literal["left"]] = ("right", "left")

#: What is followed. Where two tell a movement equally well, the earlier is taken: the knee rather than the hip, whose
#: place under clothes is a guess.
MOVEMENTS = ("knee_flexion", "elbow_flexion", "hip_flexion", "shoulder_elevation")
LEG_MOVEMENTS = ("knee_flexion", "hip_flexion")


@dataclass(frozen=True, slots=True)
class MovementSignal:
    """What is followed to find repetitions.

    Attributes:
        name: one of :data:`MOVEMENTS`, or the kind of an extractor.
        side: "both" for the mean of right and left; "none" where a side has no meaning.
        unit: "deg", "rad", "mm" or "mm/frame".
        values: ``(frames,)``, NaN where not known.
        joints: the places in the skeleton of the joints that it is made of.
    """

    name: str
    side: Side
    unit: str
    values: NDArray[np.float64]
    joints: tuple[int, ...]


def movement_signals(motion: Motion) -> dict[str, tuple[MovementSignal, ...]]:
    """The clinical angles of both sides by movement of :data:`MOVEMENTS`, where the skeleton allows it.

    NaN where the angle is. Sides of which fewer than 3 frames are known are left out.
    """
    angles = clinical_angles(motion)
    sides = {name: [_signal(motion, angles, name, side) for side in SIDES] for name in MOVEMENTS}
    return {name: tuple(signal for signal in both if signal is not None) for name, both in sides.items()}


def _signal(
    motion: Motion, angles: AngleTable, movement: str, side: Literal["right", "left"]
) -> MovementSignal | None:
    name = f"{side}_{movement}"
    if name not in angles.names or np.isfinite(angles.angle(name)).sum() < 3:
        return None
    joints = tuple(motion.skeleton.index(landmark) for landmark in ANGLE_DEFINITIONS[name].landmarks)
    return MovementSignal(movement, side, "deg", angles.angle(name), joints)


def mean_of_sides(right: MovementSignal, left: MovementSignal) -> MovementSignal:
    """The mean of both sides; where one is not known, the other with their median difference made up."""
    difference = right.values - left.values
    offset = float(np.median(difference[np.isfinite(difference)])) if np.isfinite(difference).any() else 0.0
    filled_right = np.where(np.isfinite(right.values), right.values, left.values + offset)
    filled_left = np.where(np.isfinite(left.values), left.values, right.values - offset)
    values = (filled_right + filled_left) / 2
    return MovementSignal(right.name, "both", right.unit, values, tuple(dict.fromkeys((*right.joints, *left.joints))))


def correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Pearson's, over the frames in which both are known; 0 where there are fewer than 3 or no variation."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 3 or np.ptp(first[both]) == 0 or np.ptp(second[both]) == 0:
        return 0.0
    return float(np.corrcoef(first[both], second[both])[0, 1])
