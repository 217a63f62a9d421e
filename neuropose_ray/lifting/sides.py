"""Right and left of the legs and of the arms: how likely the labels are as given, and swapped.

A prior answers for each frame how much likelier what is seen is with the sides exchanged. Asked a second time with
the labels swapped it should answer the opposite; half the difference of both answers is free of what it would say of
anybody from this view, and turns its sign when the labels do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.bones import ARMS, LEGS, SIDES
from neuropose_ray.schemas.depth_prior import DepthPrior, ObservedPerson
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.float64]

#: The landmarks of the columns of what is exchanged: legs, arms.
_PARTS = tuple(frozenset(LANDMARKS[i] for i in part.tolist()) for part in (LEGS, ARMS))


def with_swapped_labels(person: ObservedPerson, swapped: NDArray[np.bool_]) -> ObservedPerson:
    """The person with right and left exchanged in the legs, in the arms, of some frames ``(T, 2)``.

    A landmark whose counterpart the skeleton lacks stays as it is. The model's depths go with their bones.
    """
    directions, confidences = person.directions.copy(), person.confidences.copy()
    depths = person.bone_depths.copy()
    for part, frames in zip(_PARTS, swapped.T, strict=True):
        joints = np.array([_counterpart(name, person.landmarks, part) for name in person.landmarks])
        directions[frames] = directions[frames][:, joints]
        confidences[frames] = confidences[frames][:, joints]
        bones, signs = _counterparts_of_bones(person.bones, part)
        depths[frames] = depths[frames][:, bones] * signs
    return replace(person, directions=directions, confidences=confidences, bone_depths=depths)


def swap_log_odds(prior: DepthPrior, person: ObservedPerson, swapped: NDArray[np.bool_]) -> Array:
    """``(T, 2)`` logarithm of how much likelier the labels of the legs, of the arms, are swapped than as given.

    Args:
        prior: what is asked, twice.
        person: labels as given.
        swapped: ``(T, 2)`` the frames in which the labels of the legs, of the arms, may be exchanged. They are judged
            by both answers, all others by the answer to the labels as given.
    """
    given = prior(person).exchanged
    other = prior(with_swapped_labels(person, swapped)).exchanged
    return np.where(swapped, (given - other) / 2, given)


def label_log_likelihoods(log_odds: Array) -> tuple[Array, Array]:
    """Log-likelihoods of the labels as given and swapped, of the same shape, at even odds beforehand."""
    return -np.logaddexp(0, log_odds), -np.logaddexp(0, -log_odds)


def of_stretch(log_odds: Array, first: int, last: int) -> Array:
    """``(2,)`` log-odds of the frames ``first`` to ``last`` together, of ``(T, 2)`` in which NaN says nothing.

    This is their mean and not their sum: a prior sees more than a second to both sides of a frame, so that
    neighbouring frames repeat each other. NaN where nothing is known.
    """
    values = log_odds[first : last + 1]
    known = np.isfinite(values)
    counts = known.sum(axis=0)
    return np.where(counts > 0, np.where(known, values, 0).sum(axis=0) / np.maximum(counts, 1), np.nan)


def _other_side(name: str) -> str:
    side, part = name.split("_", 1)
    return f"{SIDES[1 - SIDES.index(side)]}_{part}"


def _counterpart(name: str, landmarks: tuple[str, ...], part: frozenset[str]) -> int:
    other = _other_side(name)
    return landmarks.index(other if name in part and other in landmarks else name)


def _counterparts_of_bones(
    bones: tuple[tuple[str, str], ...], part: frozenset[str]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each bone its counterpart, and -1 where that runs the other way, as from the right hip to the left."""
    places, signs = np.arange(len(bones)), np.ones(len(bones))
    for place, ends in enumerate(bones):
        if not part.issuperset(ends):
            continue
        there = (_other_side(ends[0]), _other_side(ends[1]))
        if there in bones:
            places[place] = bones.index(there)
        elif there[::-1] in bones:
            places[place], signs[place] = bones.index(there[::-1]), -1
    return places, signs
