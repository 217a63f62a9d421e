"""Which joints of a skeleton are exchanged together when a pose model takes left for right."""

from __future__ import annotations

from dataclasses import dataclass

from neuropose_ray.analysis.cleaning.records import Limb
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

#: Landmarks where each limb begins, and those that swing.
_PARTS: dict[Limb, tuple[str, tuple[str, ...]]] = {
    "legs": ("hip", ("knee", "ankle", "heel", "toe")),
    "arms": ("shoulder", ("elbow", "wrist")),
}

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LimbPairs:
    """A limb's joints as pairs of indices (right, left).

    Attributes:
        limb: both legs or both arms.
        roots: where the limb begins; it may keep its labels while the rest of the limb is exchanged.
        swinging: the rest.
    """

    limb: Limb
    roots: tuple[Pair, ...]
    swinging: tuple[Pair, ...]


def limb_pairs(skeleton: Skeleton) -> tuple[LimbPairs, ...]:
    """Legs and arms of a skeleton; a limb without swinging landmarks is left out.

    Joints that are no landmarks (fingers, second markers) go with the landmark that is nearest along the edges.
    """
    nearest = _nearest_landmarks(skeleton)
    pairs = _side_pairs(skeleton)
    matched = []
    for limb, (root, swinging) in _PARTS.items():
        roots = tuple(pair for pair in pairs if nearest.get(pair[0]) == f"right_{root}")
        rest = tuple(pair for pair in pairs if nearest.get(pair[0]) in {f"right_{part}" for part in swinging})
        if rest:
            matched.append(LimbPairs(limb, roots, rest))
    return tuple(matched)


def _side_pairs(skeleton: Skeleton) -> list[Pair]:
    """(right, left) of every joint that has a counterpart by its landmark or its name."""
    names = skeleton.joint_names
    pairs = [
        (skeleton.index(name), skeleton.index(left))
        for name in LANDMARKS
        if name.startswith("right_") and skeleton.has(name, left := name.replace("right", "left"))
    ]
    for index, name in enumerate(names):
        left = name.replace("right", "left") if "right" in name else "l" + name[1:] if name.startswith("r") else name
        if left != name and left in names:
            pairs.append((index, names.index(left)))
    return sorted(set(pairs))


def _nearest_landmarks(skeleton: Skeleton) -> dict[int, str]:
    """Joint to landmark, breadth first along the edges from all landmarks at once; unconnected joints have none."""
    nearest = {skeleton.index(name): name for name in LANDMARKS if skeleton.has(name)}
    front = list(nearest)
    while front:
        reached = []
        for joint in front:
            for edge in skeleton.edges:
                for neighbour in ({*edge} - {joint}) if joint in edge else ():
                    if neighbour not in nearest:
                        nearest[neighbour] = nearest[joint]
                        reached.append(neighbour)
        front = reached
    return nearest
