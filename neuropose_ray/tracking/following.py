"""One step from frame to frame: which pose continues whom. Whole videos and live streams take the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.tracking.affinity import FORBIDDEN, costs
from neuropose_ray.tracking.settings import TrackingSettings

#: Share of a newly seen speed in the running mean; single-frame speeds are mostly noise.
SPEED_GAIN = 0.3
#: A prediction stops moving after this long: nobody keeps a speed through a long occlusion.
COASTING_S = 0.15


@dataclass(slots=True, eq=False)
class MovingPerson:
    """A person as last seen, and how fast they move.

    Attributes:
        time_s: when they were last seen.
        box: ``(4,)`` left, top, width, height then, px.
        joints: ``(joints, 3)`` then, mm.
        box_speed: ``(2,)`` px/s.
        joint_speed: ``(3,)`` mm/s.
    """

    time_s: float
    box: NDArray[np.float64]
    joints: NDArray[np.float64]
    box_speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    joint_speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def predicted(self, time_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Box and joints at a time, by constant speed."""
        ahead = min(time_s - self.time_s, COASTING_S)
        moved = np.concatenate([self.box_speed * ahead, [0, 0]])  # limbs swing: a box's size keeps no speed
        return self.box + moved, self.joints + self.joint_speed * ahead

    def move_to(self, time_s: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        """Take what is seen now."""
        elapsed = max(time_s - self.time_s, 1e-6)
        apart = joints - self.joints
        known = np.isfinite(apart).all(1)
        if known.any():
            moved = apart[known].mean(0) / elapsed
            self.joint_speed += SPEED_GAIN * (moved - self.joint_speed)
        middles = [corners[:2] + corners[2:4] / 2 for corners in (self.box, box)]
        self.box_speed += SPEED_GAIN * ((middles[1] - middles[0]) / elapsed - self.box_speed)
        self.time_s, self.box, self.joints = time_s, box, joints


@dataclass(frozen=True, slots=True)
class FramePeople:
    """The people of one frame.

    Attributes:
        time_s: of the frame.
        boxes: ``(n, 4)`` left, top, width, height, px.
        joints: ``(n, joints, 3)`` mm, NaN where missing.
    """

    time_s: float
    boxes: NDArray[np.float64]
    joints: NDArray[np.float64]


Person = TypeVar("Person", bound=MovingPerson)


@dataclass(frozen=True, slots=True)
class Step(Generic[Person]):
    """What one frame says of the people who were followed up to it.

    Attributes:
        kept: who is still expected, in the order that they had.
        ended: who was not seen for too long.
        continued: whom each pose of the frame continues; None: nobody who is known.
    """

    kept: list[Person]
    ended: list[Person]
    continued: list[Person | None]


def follow(people: Sequence[Person], frame: FramePeople, keep_s: float, settings: TrackingSettings) -> Step[Person]:
    """Find whom the poses of the next frame continue.

    By the cheapest assignment of all (Hungarian method) of box overlap and 3D joint distance to where constant speed
    would have brought each. Nobody is moved: that is for the caller, who knows which poses are believed.

    Args:
        people: who was followed so far.
        frame: the next one.
        keep_s: who was not seen for longer is expected no more.
        settings: gates of the assignment.
    """
    kept = [person for person in people if frame.time_s - person.time_s <= keep_s]
    ended = [person for person in people if frame.time_s - person.time_s > keep_s]
    matched = _assignment(kept, frame, settings)
    continued = [kept[matched[row]] if row in matched else None for row in range(len(frame.boxes))]
    return Step(kept, ended, continued)


def _assignment(people: Sequence[MovingPerson], frame: FramePeople, settings: TrackingSettings) -> dict[int, int]:
    """Pose of this frame -> position in ``people``, for those that continue somebody."""
    if not people or not len(frame.boxes):
        return {}
    if len(people) == len(frame.boxes) == 1 and _is_near(people[0], frame, settings):
        return {0: 0}
    from scipy.optimize import linear_sum_assignment

    boxes, joints = map(np.array, zip(*(person.predicted(frame.time_s) for person in people), strict=True))
    unseen = np.array([frame.time_s - person.time_s for person in people])
    cost = costs(boxes, joints, unseen, frame.boxes, frame.joints, settings)
    pairs = zip(*linear_sum_assignment(np.nan_to_num(cost, nan=FORBIDDEN)), strict=True)
    return {int(pose): int(person) for person, pose in pairs if cost[person, pose] < FORBIDDEN}


def _is_near(person: MovingPerson, frame: FramePeople, settings: TrackingSettings) -> bool:
    """Whether the only pose of a frame lies where the only person is expected, so that nothing else can come of it.

    As :func:`.affinity.box_shift` and :func:`.affinity.costs` have it, without arrays: most frames show one person.
    """
    ahead = min(frame.time_s - person.time_s, COASTING_S)
    speed_x, speed_y = person.box_speed.tolist()
    left, top, width, height = person.box.tolist()
    now_left, now_top, now_width, now_height = frame.boxes[0].tolist()
    across = (left + speed_x * ahead + width / 2) - (now_left + now_width / 2)
    down = (top + speed_y * ahead + height / 2) - (now_top + now_height / 2)
    diagonals = (
        math.sqrt(width * width + height * height),
        math.sqrt(now_width * now_width + now_height * now_height),
    )
    return math.sqrt(across * across + down * down) / max(*diagonals, 1e-9) <= settings.max_shift
