"""The joints and bones that the depth prior knows, by the names that every skeleton shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.skeleton import LANDMARKS

SIDES = ("right", "left")

_ACROSS = (("hip", "hip"), ("shoulder", "shoulder"))
_ALONG = (
    ("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "shoulder"),
    ("ankle", "heel"), ("heel", "toe"), ("ankle", "toe"),
)  # fmt: skip

#: The bones whose depth is predicted: from the first end to the second, right before left.
BONES: tuple[tuple[str, str], ...] = (
    *((f"right_{part}", f"left_{part}") for part, _ in _ACROSS),
    *((f"{side}_{start}", f"{side}_{end}") for start, end in _ALONG for side in SIDES),
)

#: ``(18, 2)`` positions in ``LANDMARKS`` of the ends of each bone.
BONE_ENDS: NDArray[np.intp] = np.array([[LANDMARKS.index(a), LANDMARKS.index(b)] for a, b in BONES], np.intp)


def _exchanged(name: str) -> str:
    side, part = name.split("_")
    return f"{SIDES[1 - SIDES.index(side)]}_{part}"


#: ``(16,)`` the landmark of the other side.
OTHER_SIDE: NDArray[np.intp] = np.array([LANDMARKS.index(_exchanged(name)) for name in LANDMARKS], np.intp)


def _mirrored_bones() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    positions, signs = [], []
    for start, end in BONES:
        mirrored = _exchanged(start), _exchanged(end)
        reversed_ends = mirrored not in BONES
        positions.append(BONES.index(mirrored[::-1] if reversed_ends else mirrored))
        signs.append(-1.0 if reversed_ends else 1.0)
    return np.array(positions, np.intp), np.array(signs, np.float32)


#: The bone of the other side, and -1 where it runs the other way (from the right to the left hip or shoulder).
MIRRORED_BONES, MIRROR_SIGNS = _mirrored_bones()

#: Landmarks of the two parts of a body whose sides a pose network exchanges.
LEGS: NDArray[np.intp] = np.array(
    [i for i, name in enumerate(LANDMARKS) if name.split("_")[1] in ("hip", "knee", "ankle", "heel", "toe")], np.intp
)
ARMS: NDArray[np.intp] = np.array(
    [i for i, name in enumerate(LANDMARKS) if name.split("_")[1] in ("shoulder", "elbow", "wrist")], np.intp
)
