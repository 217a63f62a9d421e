"""The plain angle at the middle one of three joints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose_ray.analysis.sequences import pose_sequence
from neuropose_ray.errors import SequenceError


def extract_joint_angles(sequence: ArrayLike, triplets: Sequence[tuple[int, int, int]]) -> NDArray[np.float64]:
    """Angles between the lines from a middle joint ``b`` to ``a`` and to ``c``, without sign.

    Args:
        sequence: ``(frames, joints, 3)``.
        triplets: ``(a, b, c)``, indices of joints.

    Returns:
        ``(frames, triplets)`` rad in 0..pi, pi where the three lie on a line in their order; NaN where a joint is
        missing or two of them are in one place.

    Raises:
        SequenceError: (a ValueError) wrong shape, no triplets, one that is not of three indices, or an index out of
            range.
    """
    positions = pose_sequence(sequence)
    if not len(triplets):
        raise SequenceError("there are no triplets")
    indices = np.asarray(triplets)
    if indices.shape != (len(triplets), 3):
        raise SequenceError("every triplet needs three indices of joints")
    wrong = indices[(indices < 0) | (indices >= positions.shape[1])]
    if len(wrong):
        raise SequenceError(f"joint index {wrong[0]} is out of range: there are {positions.shape[1]} joints")
    first, middle, last = (positions[:, column] for column in indices.T)
    to_first, to_last = first - middle, last - middle
    lengths = np.linalg.norm(to_first, axis=-1) * np.linalg.norm(to_last, axis=-1)
    cosines = np.full(lengths.shape, np.nan)
    np.divide((to_first * to_last).sum(-1), lengths, out=cosines, where=lengths > 0)
    return np.asarray(np.arccos(np.clip(cosines, -1, 1)))
