"""Where the feet stand on the floor, and whether the floor moves before the camera."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.heading import Directions, foot_point, pelvis_mm
from neuropose_ray.analysis.gait.records import OTHER, GaitEvent, GaitEvents
from neuropose_ray.analysis.motion import Motion

Array = NDArray[np.float64]

#: The part of a stride, counted from heel strike, in which the foot is flat on the floor: loading response ends at
#: about 10 %, the heel rises at about 30 % (Perry and Burnfield 2010, chapter 1).
_FLAT_FROM, _FLAT_TO = 0.10, 0.30
#: Share of the walking speed at which feet in stance no longer slide by errors of the depth: the floor is a belt.
_BELT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Ground:
    """The floor under a walk.

    Attributes:
        footprints_mm: ``(events, 3)`` where the foot of each heel strike stands, on a floor that stands still, NaN
            where it is not seen while it is flat; NaN for toe-offs.
        pelvis_mm: ``(events, 3)`` the middle of the hips at each event, over the same floor.
        slip_m_per_s: how fast standing feet move against the heading before the camera.
        walking_speed_m_per_s: of the pelvis over standing feet.
        kind: whether the floor stands still, or is a treadmill's belt (or is followed by the camera).
    """

    footprints_mm: Array
    pelvis_mm: Array
    slip_m_per_s: float
    walking_speed_m_per_s: float
    kind: Literal["overground", "treadmill"]


def read_ground(motion: Motion, events: GaitEvents, directions: Directions) -> Ground:
    """Footprints and the floor's own motion; heights are removed, NaN frames left out.

    A footprint is the median place of the heel (or the ankle) while the foot is flat. The slip is the median over all
    stances of the heel's slope in time while the foot is flat, against the heading. Where it is more than half of the
    walking speed every place is moved with the belt.

    Args:
        motion: that in which the events were found.
        events: at least one walk.
        directions: of the motion.

    Raises:
        InputError: the skeleton has no hips or no ankles.
    """
    times, forward = motion.timestamps_s, directions.forward
    pelvis = _level(pelvis_mm(motion), directions.up)
    heels = {side: _level(motion.joint(foot_point(motion, side, "heel")), directions.up) for side in OTHER}
    stride_s = 2 * float(np.median([after.timestamp_s - before.timestamp_s for before, after in _steps(events)]))
    flats = [_flat_frames(times, event, stride_s, heels[event.side]) for event in events.events]
    slips = [
        _slope(times[flat], -heels[event.side][flat] @ forward[event.frame])
        for event, flat in zip(events.events, flats, strict=True)
        if len(flat) > 2
    ]
    known = np.isfinite(pelvis).all(1)
    moments = [event.timestamp_s for event in events.events]
    over = np.stack([np.interp(moments, times[known], pelvis[known, axis]) for axis in range(3)], 1)
    slip, travel = float(np.median(slips)) if slips else 0.0, _travel_mm_per_s(events, over, forward)
    on_belt = slip > _BELT_SHARE * (travel + slip)
    belt = slip * _mean_direction(forward, events) if on_belt else np.zeros(3)
    prints = np.full((len(flats), 3), np.nan)
    for index, (event, flat) in enumerate(zip(events.events, flats, strict=True)):
        if len(flat):
            prints[index] = np.median(heels[event.side][flat] + np.outer(times[flat], belt), axis=0)
    kind: Literal["overground", "treadmill"] = "treadmill" if on_belt else "overground"
    return Ground(prints, over + np.outer(moments, belt), slip / 1000, (travel + slip) / 1000, kind)


def _level(positions: Array, up: Array) -> Array:
    return np.asarray(positions - (positions @ up)[:, None] * up)


def _steps(events: GaitEvents) -> list[tuple[GaitEvent, GaitEvent]]:
    strikes = (event for event in events.events if event.kind == "heel_strike")
    return [(before, after) for before, after in pairwise(strikes) if before.walk == after.walk]


def _flat_frames(times: Array, event: GaitEvent, stride_s: float, heel: Array) -> NDArray[np.int64]:
    if event.kind == "toe_off":
        return np.zeros(0, np.int64)
    first, past = np.searchsorted(times, event.timestamp_s + stride_s * np.array([_FLAT_FROM, _FLAT_TO]))
    frames = np.arange(first, past)
    return frames[np.isfinite(heel[frames]).all(1)]


def _travel_mm_per_s(events: GaitEvents, pelvis: Array, forward: Array) -> float:
    """The median speed of the pelvis before the camera along the heading, over two events of walking."""
    speeds = [
        (pelvis[index + 2] - pelvis[index]) @ forward[event.frame] / (later.timestamp_s - event.timestamp_s)
        for index, (event, later) in enumerate(zip(events.events, events.events[2:], strict=False))
        if event.walk == later.walk
    ]
    return float(np.median(speeds))


def _mean_direction(forward: Array, events: GaitEvents) -> Array:
    mean = forward[[event.frame for event in events.events]].sum(0)
    return np.asarray(mean / np.linalg.norm(mean))


def _slope(times: Array, values: Array) -> float:
    t = times - times.mean()
    return float((t * (values - values.mean())).sum() / (t * t).sum())
