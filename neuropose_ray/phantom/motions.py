"""Movements on the spot as pure functions of time: squatting, standing up from a seat, reaching.

Each is a frozen settings object whose ``perform`` gives the posture at any times, with the exact times of its events.
The person stands around the origin of the world facing x; a scene puts it elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.phantom.body import SIDES, Posture, Proportions
from neuropose_ray.phantom.planted import flat_foot, hip_over_ankle_mm, planted_posture, standing_ankle_mm
from neuropose_ray.phantom.rotations import Array

#: How far the shanks lean forwards on the seat: feet drawn back a little, as people do before they rise.
_SEATED_SHANK_LEAN_DEG = 10.0
#: Flesh and cloth between the hip joints and the seat, a fraction of the stature.
_HIPS_OVER_SEAT = 0.062

EventKind = Literal["heel_strike", "toe_off", "repetition_bottom", "repetition_top"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at one moment; ``side`` is None where it concerns the whole body."""

    timestamp_s: float
    kind: EventKind
    side: Literal["right", "left"] | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """A motion sampled at some times.

    Attributes:
        timestamps_s: ``(frames,)``, as asked.
        posture: at these times.
        events: those between the first and the last timestamp, ascending; their times are exact, not a frame's.
        seat_mm: ``(3,)`` the middle of the seat's surface, or None for a motion without one.
    """

    timestamps_s: Array
    posture: Posture
    events: tuple[Event, ...]
    seat_mm: Array | None = None


class Motion(Protocol):
    """A movement of a person of any proportions."""

    def perform(self, proportions: Proportions, timestamps_s: Array) -> Performance:
        """The movement at these times, ``(frames,)`` seconds ascending, even or not."""
        ...


class Squatting(BaseModel):
    """Squats, one after the other; a repetition's bottom is the moment of the greatest knee flexion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_s: float = Field(2.5, gt=0, description="one repetition; trained adults take 2 to 3 s")
    standing_knee_deg: float = Field(5, ge=0, lt=90, description="knees are not locked between the repetitions")
    bottom_knee_deg: float = Field(105, gt=0, le=130, description="thighs about level with the floor")
    stance_width: float = Field(
        0.20, gt=0, description="between the ankles, a fraction of the stature: shoulder width"
    )
    toe_out_deg: float = Field(15, ge=0, le=45, description="feet and knees point outwards")

    def perform(self, proportions: Proportions, timestamps_s: Array) -> Performance:
        """The movement at these times."""
        depth = 0.5 - 0.5 * np.cos(2 * np.pi * timestamps_s / self.period_s)
        knee = self.standing_knee_deg + (self.bottom_knee_deg - self.standing_knee_deg) * depth
        upper_body: dict[str, Array] = {"pelvis_tilt": 2 + 40 * depth, "head_nod": -28 * depth}
        for side in SIDES:  # arms go forward to balance the hips, which go back
            upper_body[f"{side}_shoulder_flexion"] = 4 + 96 * depth
            upper_body[f"{side}_shoulder_abduction"] = 10 - 2 * depth
            upper_body[f"{side}_elbow_flexion"] = 12 + 8 * depth
        posture = _on_both_feet(
            proportions, knee, 0.32 * knee, upper_body, self.stance_width * proportions.stature_mm, self.toe_out_deg
        )
        bottoms = moments(timestamps_s, self.period_s, 0.5)
        return Performance(timestamps_s, posture, tuple(Event(time, "repetition_bottom") for time in bottoms))


class SitToStand(BaseModel):
    """Standing up from a stool and sitting down again.

    A repetition's top is the middle of the time standing, its bottom the middle of the time seated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_s: float = Field(4.0, gt=0, description="one repetition; five times sit-to-stand takes adults 8 to 15 s")
    seated_knee_deg: float = Field(95, gt=0, le=120, description="seat a little above the height of the knee")
    standing_knee_deg: float = Field(4, ge=0, lt=90, description="knees are not locked when standing")
    stance_width: float = Field(0.14, gt=0, description="between the ankles, a fraction of the stature")
    toe_out_deg: float = Field(8, ge=0, le=45, description="natural foot direction")

    def perform(self, proportions: Proportions, timestamps_s: Array) -> Performance:
        """The movement at these times."""
        cycle = timestamps_s / self.period_s
        up = 1 - 2 * np.abs(cycle - np.floor(cycle) - 0.5)  # 0 seated, 1 standing: down is up played backwards
        rise, lean = _ease(up, 0.36, 0.82), _ease(up, 0.14, 0.50) - _ease(up, 0.50, 0.82)
        knee = self.seated_knee_deg + (self.standing_knee_deg - self.seated_knee_deg) * rise
        upper_body: dict[str, Array] = {"pelvis_tilt": 3 + 37 * lean, "head_nod": -22 * lean}
        for side in SIDES:
            upper_body[f"{side}_shoulder_flexion"] = 22 - 18 * rise + 25 * lean
            upper_body[f"{side}_shoulder_abduction"] = 8 + 2 * rise
            upper_body[f"{side}_elbow_flexion"] = 55 - 42 * rise
        posture = _on_both_feet(
            proportions, knee, _SEATED_SHANK_LEAN_DEG * (1 - rise) + 18 * lean * (1 - rise) + 2 * rise, upper_body,
            self.stance_width * proportions.stature_mm, self.toe_out_deg,
        )  # fmt: skip
        events = [Event(time, "repetition_bottom") for time in moments(timestamps_s, self.period_s, 0.0)]
        events += [Event(time, "repetition_top") for time in moments(timestamps_s, self.period_s, 0.5)]
        return Performance(
            timestamps_s,
            posture,
            tuple(sorted(events, key=lambda event: event.timestamp_s)),
            self._seat_mm(proportions),
        )

    def _seat_mm(self, proportions: Proportions) -> Array:
        hips = _pelvis_mm(
            proportions, np.array([self.seated_knee_deg]), np.array([_SEATED_SHANK_LEAN_DEG]),
            self.stance_width * proportions.stature_mm,
        )[0]  # fmt: skip
        return np.asarray(hips - [0.01 * proportions.stature_mm, _HIPS_OVER_SEAT * proportions.stature_mm, 0])


class Reaching(BaseModel):
    """Reaching in turn with the right and the left arm, forwards, then overhead.

    A repetition's top is the moment when the arm is stretched farthest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_s: float = Field(2.0, gt=0, description="one reach, out and back")
    elbow_rest_deg: float = Field(20, ge=0, le=145, description="hanging arms are slightly bent")
    elbow_reach_deg: float = Field(6, ge=0, le=145, description="an arm at full reach is nearly straight")
    forward_deg: float = Field(88, gt=0, le=180, description="shoulder flexion of a forward reach")
    overhead_deg: float = Field(150, gt=0, le=180, description="shoulder flexion of an overhead reach")
    stance_width: float = Field(0.13, gt=0, description="between the ankles, a fraction of the stature")

    def perform(self, proportions: Proportions, timestamps_s: Array) -> Performance:
        """The movement at these times."""
        cycle = timestamps_s / self.period_s
        turn = np.floor(cycle).astype(int) % 4
        reach = 0.5 - 0.5 * np.cos(2 * np.pi * cycle)
        target = np.where(turn < 2, self.forward_deg, self.overhead_deg)
        twist, bend = np.zeros_like(reach), np.zeros_like(reach)
        upper_body: dict[str, Array] = {
            "pelvis_tilt": 1 + 5 * reach * (turn < 2),
            "head_nod": 4 - 12 * reach * (turn > 1),
        }
        for side, first in (("right", 0), ("left", 1)):
            mine = np.where(turn % 2 == first, reach, 0.0)
            twist, bend = twist + (1 if side == "right" else -1) * mine, bend + mine
            upper_body[f"{side}_shoulder_flexion"] = 3 + (target - 3) * mine
            upper_body[f"{side}_shoulder_abduction"] = 9 + 3 * mine
            # The elbow leads: it bends on the way and stretches at the end.
            on_the_way = 4 * mine * (1 - mine)
            upper_body[f"{side}_elbow_flexion"] = (
                self.elbow_rest_deg + (self.elbow_reach_deg - self.elbow_rest_deg) * mine + 50 * on_the_way
            )
        upper_body["thorax_rotation"] = 14 * twist
        knee = 4 + 5 * bend
        posture = _on_both_feet(
            proportions, knee, 0.5 * knee, upper_body, self.stance_width * proportions.stature_mm, 8
        )
        return Performance(timestamps_s, posture, self._events(timestamps_s))

    def _events(self, timestamps_s: Array) -> tuple[Event, ...]:
        return tuple(
            Event(time, "repetition_top", "left" if math.floor(time / self.period_s) % 2 else "right")
            for time in moments(timestamps_s, self.period_s, 0.5)
        )


def _on_both_feet(
    proportions: Proportions, knee_deg: Array, shank_lean_deg: Array, upper_body: Mapping[str, Array],
    stance_width_mm: float, toe_out_deg: float,
) -> Posture:  # fmt: skip
    """Feet flat and fixed, knees bent as asked; the lean of the shank says how far back the hips are."""
    frames = len(knee_deg)
    pelvis_mm = _pelvis_mm(proportions, knee_deg, shank_lean_deg, stance_width_mm)
    ankles: dict[str, Array] = {
        side: np.broadcast_to(standing_ankle_mm(proportions, side, stance_width_mm), (frames, 3)) for side in SIDES
    }
    feet: dict[str, Array] = {side: np.broadcast_to(flat_foot(side, toe_out_deg), (frames, 3, 3)) for side in SIDES}
    return planted_posture(proportions, pelvis_mm, upper_body, ankles, feet)


def _pelvis_mm(proportions: Proportions, knee_deg: Array, shank_lean_deg: Array, stance_width_mm: float) -> Array:
    """The middle of the hips ``(frames, 3)`` over feet at x = 0 for these knees."""
    stature = proportions.stature_mm
    leg = hip_over_ankle_mm(proportions, knee_deg)
    shank_lean, thigh_lean = np.radians(shank_lean_deg), np.radians(knee_deg - shank_lean_deg)
    forward = stature * (proportions.shank * np.sin(shank_lean) - proportions.thigh * np.sin(thigh_lean))
    sideways = (stance_width_mm - proportions.hip_width * stature) / 2
    height = proportions.ankle_height * stature + np.sqrt(leg**2 - forward**2 - sideways**2)
    return np.stack([forward, height, np.zeros_like(forward)], axis=-1)


def _ease(x: Array, start: float, end: float) -> Array:
    """0 before start, 1 after end, between them the minimum-jerk course (Flash and Hogan 1985)."""
    u = np.clip((x - start) / (end - start), 0, 1)
    return u**3 * (10 - 15 * u + 6 * u**2)


def moments(timestamps_s: Array, period_s: float, phase: float) -> list[float]:
    """The times ``(n + phase) * period_s`` between the first and the last timestamp."""
    if len(timestamps_s) == 0:
        return []
    first = math.ceil(timestamps_s[0] / period_s - phase - 1e-9)
    last = math.floor(timestamps_s[-1] / period_s - phase + 1e-9)
    return [(number + phase) * period_s for number in range(first, last + 1)]
