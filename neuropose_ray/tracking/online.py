"""Following people through a live stream, whose end nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking.following import FramePeople, MovingPerson, follow
from neuropose_ray.tracking.settings import TrackingSettings

#: Of a person: seen too seldom so far to be sure of; sure; sure, but not seen in this frame.
TrackState = Literal["tentative", "confirmed", "lost"]


class OnlineSettings(BaseModel):
    """When a person of a live stream is believed, and given up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirm_hits: int = Field(default=3, ge=1, description="frames in which somebody must be seen to be believed")
    tentative_s: float = Field(
        default=0.5, gt=0, description="who is not believed yet and not seen for longer was a flicker"
    )


@dataclass(frozen=True, slots=True)
class OnlineTrack:
    """One person at one frame.

    Attributes:
        track_id: counted from 0; given once.
        row: of the frame's poses; None while the person is not seen.
        state: see :data:`TrackState`.
        hits: frames in which the person was seen.
        unseen_s: since the person was last seen.
        box: ``(4,)`` left, top, width, height, px; where they are expected while they are not seen.
        speed: ``(2,)`` of the box, px/s.
    """

    track_id: int
    row: int | None
    state: TrackState
    hits: int
    unseen_s: float
    box: NDArray[np.float64]
    speed: NDArray[np.float64]


class _Track(MovingPerson):
    __slots__ = ("confirmed", "hits", "track_id")

    def __init__(self, track_id: int, time_s: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        super().__init__(time_s, box, joints)
        self.track_id, self.hits, self.confirmed = track_id, 1, False


class OnlineTracker:
    """Gives the people of a stream their ids, frame by frame.

    The same step as in whole videos (:func:`.following.follow`), with the difference that whoever is missing keeps
    the id for ``max_gap_s`` where the movement led. Nobody is renumbered, and nobody comes back after that: colours
    and proportions are compared in whole videos alone.
    """

    def __init__(
        self, skeleton: Skeleton, settings: TrackingSettings | None = None, online: OnlineSettings | None = None
    ) -> None:
        """Begin without anybody.

        Args:
            skeleton: of the poses.
            settings: gates of the assignment, and how long a person is expected.
            online: when a person is believed.
        """
        self._joints = len(skeleton)
        self._settings = settings or TrackingSettings()
        self._online = online or OnlineSettings()
        self._people: list[_Track] = []
        self._next_id = 0
        self._now_s = -np.inf

    def update(self, poses: Poses, timestamp_s: float) -> tuple[OnlineTrack, ...]:
        """Take the people of the next frame.

        Args:
            poses: those of this frame alone.
            timestamp_s: of the frame; one before the last frame's counts as the last frame's.

        Returns:
            Everybody who is followed, by their ids.

        Raises:
            ValueError: the poses have another number of joints, or the time is not finite.
        """
        if poses.poses3d.shape[1:] != (self._joints, 3) or not np.isfinite(timestamp_s):
            raise ValueError(f"poses of shape {poses.poses3d.shape} at {timestamp_s}, not of {self._joints} joints")
        now = self._now_s = max(timestamp_s, self._now_s)
        boxes, joints = poses.boxes[:, :4].astype(np.float64), poses.poses3d.astype(np.float64)
        believed = (poses.boxes[:, 4] >= self._settings.doubted_score) & np.isfinite(boxes).all(1)
        expected = [person for person in self._people if person.confirmed or self._is_fresh(person)]
        step = follow(expected, FramePeople(now, boxes, joints), self._settings.max_gap_s, self._settings)
        self._people = step.kept
        rows: dict[int, int] = {}
        for row, person in enumerate(step.continued):
            if not believed[row]:
                continue
            if person is None:
                person = self._begun(now, boxes[row], joints[row])
            else:
                person.move_to(now, boxes[row], joints[row])
                person.hits += 1
            person.confirmed = person.confirmed or person.hits >= self._online.confirm_hits
            rows[person.track_id] = row
        return tuple(_track_of(person, rows.get(person.track_id), now) for person in self._people)

    def reset(self) -> None:
        """Forget everybody, as at a new epoch of the stream; ids go on counting."""
        self._people = []
        self._now_s = -np.inf

    def _is_fresh(self, person: _Track) -> bool:
        return self._now_s - person.time_s <= self._online.tentative_s

    def _begun(self, now: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> _Track:
        person = _Track(self._next_id, now, box, joints)
        self._next_id += 1
        self._people.append(person)
        return person


def _track_of(person: _Track, row: int | None, now: float) -> OnlineTrack:
    state: TrackState = "tentative"
    if person.confirmed:
        state = "lost" if row is None else "confirmed"
    box = person.box if row is not None else person.predicted(now)[0]
    return OnlineTrack(
        person.track_id, row, state, person.hits, now - person.time_s, box.copy(), person.box_speed.copy()
    )
