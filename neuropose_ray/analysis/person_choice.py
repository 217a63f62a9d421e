"""Which person of a video an analysis is of: by track, or by a rule; and who else is there."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt
from neuropose_ray.schemas.poses import PoseTable

#: How a person is chosen where no track is named.
PersonRule = Literal["longest", "largest", "most-moving", "nearest-centre"]
PERSON_RULES: Final[tuple[PersonRule, ...]] = get_args(PersonRule)
#: In place of a rule: everybody.
ALL_PEOPLE: Final = "all"
#: Which people are meant: one by a rule, or everybody.
PeopleChoice = PersonRule | Literal["all"]

#: What a rule says of the person whom it chooses.
_REASONS = {
    "longest": "seen longest",
    "largest": "largest in the picture",
    "most-moving": "moves most",
    "nearest-centre": "nearest to the middle of the picture",
}
#: Movement is summed over steps of this length: over single frames, most of it is noise.
_MOVEMENT_STEP_S = 0.2
#: Joints with lower scores are guesses, and their movement is noise.
_SEEN_SCORE = 0.5


class TrackChoice(FrozenModel):
    """The person whom numbers are of, and who else is in the video."""

    track: StrictInt | None = Field(description="the person's track; null where the file holds no tracks")
    place: StrictInt | None = Field(default=None, description="without tracks, the person's place in each frame")
    others: tuple[StrictInt, ...] = Field(default=(), description="the other tracks, who is seen longest first")
    coverage: Annotated[FiniteFloat, Field(ge=0, le=1)] = Field(description="share of the frames with this person")
    rule: PersonRule | None = Field(default=None, description="why this one; null where the person was named")

    @property
    def description(self) -> str:
        """One line without a full stop: "track 0 of 2 (others: 1), seen in 88 %"."""
        alone = ", the only one" if self.track is not None and not self.others else ""
        return f"{self.who}{alone}, seen in {100 * self.coverage:.0f} %"

    @property
    def who(self) -> str:
        """The person and the others: "track 0 of 2 (others: 1)"."""
        if self.track is None:
            return f"person {self.place or 0} of each frame (the file holds no tracks)"
        if not self.others:
            return f"track {self.track}"
        others = ", ".join(map(str, self.others))
        return f"track {self.track} of {len(self.others) + 1} (others: {others})"

    @property
    def reason(self) -> str:
        """Why this one, in a few words."""
        return "as was asked for" if self.rule is None else _REASONS[self.rule]


def choose_person(
    table: PoseTable,
    picture: tuple[int, int],
    *,
    track: int | None = None,
    person_index: int = 0,
    rule: PersonRule = "longest",
    where: str | None = None,
) -> TrackChoice:
    """The person who is named, or else the one whom a rule chooses.

    Args:
        table: all people of a video.
        picture: width and height of the upright frame in pixels.
        track: an id, which overrules all else.
        person_index: of the people in the order of the rule, which one, from 0; without tracks the place in each
            frame, as in NeuroPose.
        rule: how to order people; among equals who is seen longest comes first.
        where: what the table was read from, for the error.

    Raises:
        InputError: there is no such person, or nobody at all.
    """
    if not len(table.poses):
        raise InputError("nobody is seen in any frame", where=where, hint="look at the video")
    if table.track_ids is None:
        return _person_at(table, track, person_index, where)
    tracks = table.persons_by_frames()
    if track is None:
        if person_index >= len(tracks):
            raise InputError(
                f"there is no person {person_index}", where=where, hint=f"it holds {len(tracks)} tracks, from 0"
            )
        chosen = sorted(tracks, key=lambda candidate: -_merit(table, candidate, picture, rule))[person_index]
    else:
        chosen = track
    frames = table.poses.frame[table.rows_of_track(chosen, where=where)]
    return TrackChoice(
        track=chosen,
        others=tuple(other for other in tracks if other != chosen),
        coverage=len(frames) / table.frame_count,
        rule=rule if track is None and not person_index else None,
    )


def _person_at(table: PoseTable, track: int | None, place: int, where: str | None) -> TrackChoice:
    """The person at a place of each frame, of a table without tracks."""
    if track is not None:
        raise InputError(f"there is no track {track}", where=where, hint="it holds no tracks at all")
    frames = int((table.persons_per_frame() > place).sum())
    if not frames:
        most = int(table.persons_per_frame().max())
        raise InputError(f"there is no person {place}", where=where, hint=f"a frame holds at most {most}, from 0")
    return TrackChoice(track=None, place=place, coverage=frames / table.frame_count)


def _merit(table: PoseTable, track: int, picture: tuple[int, int], rule: PersonRule) -> float:
    """By how much a rule prefers a track."""
    rows = table.rows_of_track(track)
    boxes: NDArray[np.float64] = table.poses.boxes[rows].astype(np.float64)
    match rule:
        case "longest":
            return float(len(rows))
        case "largest":
            return float(np.median(boxes[:, 2] * boxes[:, 3]))
        case "nearest-centre":
            from_centre = boxes[:, :2] + boxes[:, 2:4] / 2 - np.array(picture) / 2
            return -float(np.median(np.hypot(from_centre[:, 0], from_centre[:, 1])))
        case "most-moving":
            return _movement(table, rows)


def _movement(table: PoseTable, rows: NDArray[np.int64]) -> float:
    """The way that a person's joints go in the picture, in heights of the person, the mean over the joints."""
    poses, times = table.poses, table.timestamps_s[table.poses.frame[rows]]
    steps = np.flatnonzero(np.diff(np.floor((times - times[0]) / _MOVEMENT_STEP_S), prepend=-1))
    at_steps = rows[steps]
    pixels = poses.poses2d[at_steps].astype(np.float64)
    pixels[poses.joint_scores[at_steps] < _SEEN_SCORE] = np.nan
    height = float(np.median(poses.boxes[rows, 3]))
    moved = np.linalg.norm(np.diff(pixels, axis=0), axis=-1)
    return float(np.nansum(moved) / max(height, 1.0) / pixels.shape[1])
