"""What rules are given: everybody in one frame, and one person at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.tracking import OnlineTrack


@dataclass(frozen=True, slots=True)
class Observation:
    """One frame of a stream.

    Attributes:
        at: Unix seconds at which it was captured.
        epoch: of the stream; a new one ends all episodes of the one before.
        tracks: everybody who is followed.
        stable: ids of those who are seen steadily.
        poses: of this frame alone.
        time_s: the camera's own time, ascending within an epoch, by which movements are measured; None: ``at``.
        image: ``(height, width, 3)`` RGB, upright; None where no picture is at hand.
        session_id: of the visit or trial, as clients set it.
    """

    at: float
    epoch: int
    tracks: tuple[OnlineTrack, ...]
    stable: frozenset[int]
    poses: Poses
    time_s: float | None = None
    image: Frame | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person in one frame.

    Attributes:
        box: ``(4,)`` left, top, width, height, px.
        score: of the box, 0..1.
        pixels: ``(joints, 2)`` px, NaN where missing.
        joints: ``(joints, 3)`` mm, camera axes, NaN where missing.
        joint_scores: ``(joints,)`` 0..1.
    """

    box: NDArray[np.float64]
    score: float
    pixels: NDArray[np.float64]
    joints: NDArray[np.float64]
    joint_scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a branch is given of one person, frame by frame.

    Attributes:
        at: Unix seconds.
        time_s: by which movements are measured, ascending.
        person: None in frames in which the person is not seen.
        image: the whole frame, RGB; None where no picture is at hand.
    """

    at: float
    time_s: float
    person: PersonView | None
    image: Frame | None = None


def moment_of(observation: Observation, track: OnlineTrack | None) -> Moment:
    """One person's part of an observation; None for who is not followed any more."""
    time_s = observation.at if observation.time_s is None else observation.time_s
    row, person = (None if track is None else track.row), None
    if row is not None:
        poses = observation.poses
        person = PersonView(
            poses.boxes[row, :4].astype(np.float64),
            float(poses.boxes[row, 4]),
            poses.poses2d[row].astype(np.float64),
            poses.poses3d[row].astype(np.float64),
            poses.joint_scores[row].astype(np.float64),
        )
    return Moment(observation.at, time_s, person, observation.image)
