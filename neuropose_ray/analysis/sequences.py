"""Pose sequences as arrays: out of predictions, normalised, brought to one length.

Sequences are ``(frames, joints, 3)`` in mm, camera axes (x right, y down, z forward), NaN where a joint is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose_ray.errors import SequenceError
from neuropose_ray.schemas.predictions import VideoPredictions


def predictions_to_numpy(predictions: VideoPredictions, *, person_index: int = 0) -> NDArray[np.float64]:
    """One person's poses as the pose model gave them, by the person's position in each frame.

    Positions are not identities, and every frame must show the person; :func:`.motion.motion_of_table` follows a
    track and keeps frames without it as NaN.

    Args:
        predictions: of one video.
        person_index: position of the person in every frame, from 0.

    Returns:
        ``(frames, joints, 3)`` float64 in mm; missing coordinates (null in the file) are NaN.

    Raises:
        SequenceError: (a ValueError) there are zero frames, or ``person_index`` is out of range in one of them.
    """
    where = predictions.metadata.filename
    if not len(predictions):
        raise SequenceError("the predictions hold zero frames", where=where)
    for name, frame in predictions.frames.items():
        if not 0 <= person_index < len(frame):
            raise SequenceError(
                f"person_index {person_index} is out of range: {name} shows {len(frame)} persons",
                where=where, hint="follow a track instead, which may miss frames",
            )  # fmt: skip
    return np.array([frame.poses3d[person_index] for frame in predictions.frames.values()], np.float64)


def pose_sequence(values: ArrayLike) -> NDArray[np.float64]:
    """``(frames, joints, 3)`` as float64; NaN is kept.

    Raises:
        SequenceError: (a ValueError) it has another shape.
    """
    array = np.asarray(values, np.float64)
    if array.ndim != 3 or array.shape[-1] != 3:
        raise SequenceError(f"expected a sequence of shape (frames, joints, 3), not {array.shape}")
    return array


def normalize_pose_sequence(sequence: ArrayLike, *, axis_wise: bool = False) -> NDArray[np.float64]:
    """Shift and scale a whole sequence into 0..1, which takes out place and size of the person.

    Args:
        sequence: ``(frames, joints, 3)`` in any unit. NaN does not count, and stays NaN.
        axis_wise: divide each axis by its own range, which distorts the body; else all by the largest.

    Returns:
        A new ``(frames, joints, 3)`` without unit; an axis without extent becomes 0.

    Raises:
        SequenceError: (a ValueError) wrong shape, no known position, or degenerate: all positions are the same.
    """
    values = pose_sequence(sequence)
    known = np.isfinite(values)
    if not known.any():
        raise SequenceError("there is no known position to normalise by")
    low = values.min((0, 1), where=known, initial=np.inf)
    extent = values.max((0, 1), where=known, initial=-np.inf) - low
    # An axis that is unknown throughout has neither; its values are NaN whatever they are divided by.
    extent = np.where(np.isfinite(extent), extent, 0)
    if not extent.any():
        raise SequenceError("the sequence is degenerate: all its positions are the same")
    return np.asarray((values - low) / (np.where(extent == 0, 1, extent) if axis_wise else extent.max()))


def pad_sequences(
    sequences: Sequence[NDArray[np.float64]], *, target_length: int | None = None
) -> list[NDArray[np.float64]]:
    """Bring sequences to one length: repeat the last frame of shorter ones, cut the end of longer ones.

    Args:
        sequences: each ``(frames, ...)``, the same but for the frames. A last frame with NaN is repeated with it.
        target_length: in frames; None for the longest sequence's.

    Returns:
        New arrays ``(target_length, ...)``.

    Raises:
        SequenceError: (a ValueError) nothing to take the length from, a trailing shape that differs, a negative
            length, or a sequence without frames that would have to be padded.
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    if target_length is None:
        if not arrays:
            raise SequenceError("the list of sequences is empty", hint="give target_length if that may be")
        target_length = max(len(array) for array in arrays)
    if target_length < 0:
        raise SequenceError(f"target_length is {target_length}, but must not be negative")
    for position, array in enumerate(arrays):
        if array.shape[1:] != arrays[0].shape[1:]:
            raise SequenceError(
                f"sequence {position} has trailing shape {array.shape[1:]}, the first one {arrays[0].shape[1:]}"
            )
        if not len(array) and target_length:
            raise SequenceError(f"sequence {position} has no frame that could be repeated")
    return [array[np.minimum(np.arange(target_length), len(array) - 1)] for array in arrays]
