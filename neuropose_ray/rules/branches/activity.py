"""Whether a body moves at all, at little cost: nobody's repetitions are counted while they sit."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.rules.observation import PersonView
from neuropose_ray.schemas.skeleton import Skeleton

#: Limbs whose turning bends the joints whose repetitions are looked for.
_LIMBS: Final = tuple(
    (f"{side}_{first}", f"{side}_{last}")
    for side in ("left", "right")
    for first, last in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
#: Less is the noise of a pose model; the smallest repetition that counts bends a joint by 30 degrees.
TURN_DEG: Final = 12.0


class ActivityMeter:
    """Tells whether any limb turned since it was last asked."""

    def __init__(self, skeleton: Skeleton) -> None:
        """Look up the limbs.

        Args:
            skeleton: of the poses.
        """
        limbs = [limb for limb in _LIMBS if skeleton.has(*limb)]
        self._ends = np.array([[skeleton.index(name) for name in limb] for limb in limbs], int).reshape(-1, 2)
        self._reference: NDArray[np.float64] | None = None
        self._has_turned = True

    def observe(self, person: PersonView) -> None:
        """Take the person's next frame."""
        limbs = person.joints[self._ends[:, 1]] - person.joints[self._ends[:, 0]]
        lengths = np.linalg.norm(limbs, axis=1, keepdims=True)
        directions = limbs / np.where(lengths > 0, lengths, np.nan)
        if self._reference is None:
            self._reference = directions
            return
        cosines = (self._reference * directions).sum(1)
        # A limb that was hidden may have turned.
        appeared = np.isnan(self._reference).any(1) & ~np.isnan(directions).any(1)
        self._has_turned |= bool((cosines < np.cos(np.radians(TURN_DEG))).any() or appeared.any())

    def take(self) -> bool:
        """Whether any limb turned since this was last asked; True the first time."""
        has_turned, self._has_turned, self._reference = self._has_turned, False, None
        return has_turned
