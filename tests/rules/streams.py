"""Streams of people whose tracks are given, and branches that do as they are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from support.stick_people import joints_mm

from neuropose_ray.analysis import Motion
from neuropose_ray.rules import Announcement, BranchResult, Moment, Observation, StreamIdentity, load_pipeline
from neuropose_ray.rules.observation import PersonView
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.tracking import OnlineTrack

IDENTITY = StreamIdentity(stream_id="hall", camera_id="north", instance="first", subscription_id=None)
STANDING = joints_mm() + (0, 0, 4000)
IMAGE = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)


def pose_rows(people: Sequence[np.ndarray], score: float = 1.0) -> Poses:
    """The people of one frame by their joints ``(joints, 3)`` mm, about 60 pixels high."""
    joints = np.array(people, np.float32).reshape(len(people), -1, 3)
    pixels = joints[..., :2] / 30 + (160, 60)
    low, high = (
        (np.nan_to_num(edge(pixels, axis=1)) for edge in (np.nanmin, np.nanmax)) if len(people) else [pixels] * 2
    )
    boxes = np.zeros((len(people), 5), np.float32)
    if len(people):
        boxes[:, :2], boxes[:, 2:4], boxes[:, 4] = low, high - low, score
    return Poses(
        np.zeros(len(people), np.int64), boxes, pixels.astype(np.float32).reshape(len(people), -1, 2), joints,
        np.ones(joints.shape[:2], np.float32),
    )  # fmt: skip


def observation(
    at: float,
    tracks: Mapping[int, bool],
    *,
    stable: Sequence[int] | None = None,
    epoch: int = 1,
    joints: np.ndarray = STANDING,
    image: np.ndarray | None = None,
    session_id: str | None = None,
    score: float = 1.0,
) -> Observation:
    """One frame; ``tracks`` says of each who is followed whether they are seen, and who is seen is stable."""
    ids = list(tracks)
    rows = {track_id: row for row, track_id in enumerate(track_id for track_id in ids if tracks[track_id])}
    poses = pose_rows([joints] * len(rows), score) if rows else Poses.empty(len(joints))
    listed = tuple(
        OnlineTrack(track_id, rows.get(track_id), "confirmed", 5, 0.0, np.zeros(4), np.zeros(2)) for track_id in ids
    )
    return Observation(
        at, epoch, listed, frozenset(rows if stable is None else stable), poses, image=image, session_id=session_id
    )


def moments(motion: Motion, begun_at: float = 1000.0) -> list[Moment]:
    """What a branch sees of a motion."""
    seen = np.isfinite(motion.positions).all(-1).any(-1)
    return [
        Moment(
            begun_at + float(time_s), float(time_s),
            PersonView(np.array([0.0, 0, 60, 160]), 1.0, motion.positions[frame, :, :2] / 10,
                       motion.positions[frame], motion.joint_scores[frame]) if seen[frame] else None,
        )
        for frame, time_s in enumerate(motion.timestamps_s)
    ]  # fmt: skip


@dataclass
class Told:
    """What a branch does in each of its episodes: when it settles, and what it raises."""

    settles_after: int | None = None  # frames; None: when it is asked to
    fails: bool = False
    raises_in: str = ""
    never: bool = False
    timeout_s: float | None = None
    begun: list["ToldRun"] = field(default_factory=list)

    def begin(self):
        self._raise("begin")
        self.begun.append(ToldRun(self))
        return self.begun[-1]

    def _raise(self, where):
        if self.raises_in == where:
            raise ZeroDivisionError(f"in {where}")


class ToldRun:
    def __init__(self, told: Told):
        self.told, self.moments, self.finished, self.closed = told, [], False, False

    def observe(self, moment):
        assert not self.closed, "nothing follows after it was closed"
        self.told._raise("observe")
        self.moments.append(moment)

    def finish(self):
        self.told._raise("finish")
        self.finished = True

    def poll(self):
        self.told._raise("poll")
        after = self.told.settles_after
        is_over = self.finished or (after is not None and len(self.moments) >= after)
        return (Announcement("repetition", {"count": len(self.moments)}),), self._result() if is_over else None

    def conclude(self):
        self.told._raise("conclude")
        return (), self._result()

    def close(self):
        self.told._raise("close")
        self.closed = True

    def _result(self):
        if self.told.never:
            return None
        return BranchResult({"error": "no", "type": "unexpected_error"} if self.told.fails else {"value": 7},
                            self.told.fails)  # fmt: skip


def rule(name="visit", branches=(), **settings):
    """A rule whose branches have these names, and one action at each end."""
    return {
        "name": name,
        "branches": [{"type": "posture", "name": branch} for branch in branches],
        "on_enter": [
            {"type": "record.create", "name": "create", "collection": "visits", "fields": {"who": "{uuid}"}}
        ],
        "on_complete": [
            {
                "type": "record.update", "name": "update", "collection": "visits", "key": "{create.id}",
                "fields": {"outcome": "{outcome}", **{branch: f"{{{branch}.value}}" for branch in branches}},
            }
        ],
        **settings,
    }  # fmt: skip


def pipeline(*rules, **settings):
    return load_pipeline({"name": "watch", "rules": list(rules), **settings})


SKELETON = BLAZEPOSE_33
