"""Walking as a pure function of time, with feet that stand still while they are on the floor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.phantom.body import SIDES, Proportions, foot_points_mm, pelvis_rotation, side_sign
from neuropose_ray.phantom.motions import Event, EventKind, Performance, moments
from neuropose_ray.phantom.planted import ankle_over_pivot_mm, flat_foot, hip_over_ankle_mm, planted_posture
from neuropose_ray.phantom.rotations import Array, rotate, rotation_z

#: The left foot follows the right by half a stride.
_SIDE_PHASE: Mapping[str, float] = {"right": 0.0, "left": 0.5}

#: End of stance in strides after heel strike; the parts before it end when the foot is flat and when the heel leaves.
TOE_OFF = 0.60
_FOOT_FLAT, _HEEL_OFF = 0.08, 0.33
#: The foot's pitch: toes up at heel strike, with its rate per stride; heel up at toe-off, with its rate and
#: the change of that.
_STRIKE_PITCH_DEG, _STRIKE_PITCH_RATE = 20.0, -160.0
_TOE_OFF_PITCH_DEG, _TOE_OFF_PITCH_RATE = 45.0, (-400.0, 200.0)
#: Forward acceleration of the foot when it leaves the floor and just before it lands, in stride lengths per stride
#: time squared: 60 and -30 m/s2 of an adult at natural cadence, as of toes and heels on force plates.
_THROW, _CATCH = 60.0, -30.0
#: Lift of the swinging foot in mid swing, a fraction of the stature; feet point outwards a little.
_CLEARANCE, _TOE_OUT_DEG = 0.012, 6.0
#: Heel ahead of the hips at heel strike, a fraction of the stride.
_STRIKE_AHEAD = 0.20
#: How far the hips move up and down and sideways around their mean, fractions of the stature (3 cm peak to peak),
#: and when they are lowest, in strides after heel strike.
_HIP_BOB, _HIP_SWAY, _LOWEST_AT = 0.009, 0.010, 0.01
#: Knees are not locked in walking: about 5 degrees at heel strike.
_STRAIGHTEST_KNEE_DEG = 4.0


class Walking(BaseModel):
    """Steady walking along x; the middle of the hips is over x = 0 at time 0, when the right heel strikes.

    Every stance has three parts, as in Perry and Burnfield 2010, chapter 4: the foot turns about the fixed heel until
    it is flat, stands flat, then turns about the fixed toe until toe-off. Fractions of the stride count from
    heel strike. The constants above were fitted to rounded curves of knee, hip and ankle at natural cadence, after
    Winter 1991, The Biomechanics and Motor Control of Human Gait; the angles follow these within 7 to 9 degrees rms.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stride_s: float = Field(1.1, gt=0, description="heel strike to the next of the same foot: 109 steps a minute")
    stride_length: float = Field(0.70, gt=0, description="a fraction of the stature: 1.1 m/s for an adult")
    step_width: float = Field(0.06, ge=0, description="between the ankles, a fraction of the stature: 10 cm")

    def perform(self, proportions: Proportions, timestamps_s: Array) -> Performance:
        """The movement at these times."""
        phase = timestamps_s / self.stride_s
        pelvis_mm = self._level_pelvis_mm(proportions, phase)
        pelvis_mm[:, 1] += self._hip_height_mm(proportions)
        feet: dict[str, Array] = {side: self._foot(phase - _SIDE_PHASE[side], side) for side in SIDES}
        ankles: dict[str, Array] = {
            side: self._ankle_mm(proportions, phase - _SIDE_PHASE[side], side) for side in SIDES
        }
        posture = planted_posture(proportions, pelvis_mm, _upper_body(phase), ankles, feet)
        return Performance(timestamps_s, posture, self._events(timestamps_s))

    def _level_pelvis_mm(self, proportions: Proportions, phase: Array) -> Array:
        """The middle of the hips ``(frames, 3)`` around its mean height."""
        bob = -np.cos(4 * np.pi * (phase - _LOWEST_AT))  # two steps a stride
        sway = np.sin(2 * np.pi * phase)
        path = np.stack([phase * self.stride_length, _HIP_BOB * bob, _HIP_SWAY * sway], axis=-1)
        return np.asarray(proportions.stature_mm * path)

    def _hip_height_mm(self, proportions: Proportions) -> float:
        """The greatest mean height of the hips at which no knee is ever straighter than allowed."""
        phase = np.linspace(0, 1, 200)
        level = self._level_pelvis_mm(proportions, phase)
        pelvis = pelvis_rotation(_upper_body(phase))
        longest = hip_over_ankle_mm(proportions, np.array(_STRAIGHTEST_KNEE_DEG))
        heights = []
        for side in SIDES:
            hip = level + rotate(pelvis, [0, 0, side_sign(side) * proportions.hip_width * proportions.stature_mm / 2])
            leg = self._ankle_mm(proportions, phase - _SIDE_PHASE[side], side) - hip
            heights.append(leg[:, 1] + np.sqrt(np.maximum(longest**2 - leg[:, 0] ** 2 - leg[:, 2] ** 2, 0)))
        return float(np.min(heights))

    def _pitch_deg(self, phase: Array) -> Array:
        """Toes up (positive) or heel up (negative) over one side's phase in strides."""
        u = phase - np.floor(phase)
        strike = np.array([_STRIKE_PITCH_DEG, _STRIKE_PITCH_RATE, 0])
        leave = np.array([-_TOE_OFF_PITCH_DEG, *_TOE_OFF_PITCH_RATE])
        flat = np.zeros(3)
        landing = _quintic(u, 0.0, _FOOT_FLAT, strike, flat)
        leaving = _quintic(u, _HEEL_OFF, TOE_OFF, flat, leave)
        swing = _quintic(u, TOE_OFF, 1.0, leave, strike)
        return np.select([u < _FOOT_FLAT, u < _HEEL_OFF, u < TOE_OFF], [landing, 0 * u, leaving], swing)

    def _foot(self, phase: Array, side: str) -> Array:
        """Foot axes ``(frames, 3, 3)``."""
        return flat_foot(side, _TOE_OUT_DEG) @ rotation_z(self._pitch_deg(phase))

    def _stance_ankle_mm(self, proportions: Proportions, phase: Array, side: str) -> Array:
        """The ankle as if the foot were on the floor, in the stride that ``phase`` counts from its heel strike."""
        stature = proportions.stature_mm
        points = foot_points_mm(proportions)
        ahead = _STRIKE_AHEAD * self.stride_length + _SIDE_PHASE[side] * self.stride_length
        heel = np.array([ahead, proportions.sole, side_sign(side) * self.step_width / 2]) * stature
        toe = heel + rotate(flat_foot(side, _TOE_OUT_DEG), points["toe"] - points["heel"])
        foot = self._foot(phase, side)
        over_heel = ankle_over_pivot_mm(proportions, "heel", heel, foot)
        over_toe = ankle_over_pivot_mm(proportions, "toe", toe, foot)
        return np.where((phase < _HEEL_OFF)[..., None], over_heel, over_toe)

    def _ankle_mm(self, proportions: Proportions, phase: Array, side: str) -> Array:
        """The ankle ``(frames, 3)``: pivoting in stance, on a smooth way to the next footprint in swing."""
        stride = np.floor(phase)
        u = phase - stride
        advance = np.array([self.stride_length * proportions.stature_mm, 0, 0])
        step = 1e-4
        leave = self._stance_ankle_mm(proportions, TOE_OFF + step * np.array([-2.0, -1.0, -1e-9]), side)
        land = self._stance_ankle_mm(proportions, step * np.array([0.0, 1.0, 2.0]), side) + advance
        throw, catch = np.array([[0.0, 0.0, _THROW], [0.0, 0.0, _CATCH]])
        swing = np.stack(
            [
                _quintic(
                    u, TOE_OFF, 1.0,
                    _jet(leave[::-1, axis], -step) + throw * advance[axis],
                    _jet(land[:, axis], step) + catch * advance[axis],
                )
                for axis in range(3)
            ],
            axis=-1,
        )  # fmt: skip
        rise = np.clip((u - TOE_OFF) / (1 - TOE_OFF), 0, 1)
        swing[:, 1] += _CLEARANCE * proportions.stature_mm * 64 * (rise * (1 - rise)) ** 3
        in_stance = (u < TOE_OFF)[..., None]
        ankle_mm = np.where(in_stance, self._stance_ankle_mm(proportions, u, side), swing)
        return np.asarray(ankle_mm + stride[..., None] * advance)

    def _events(self, timestamps_s: Array) -> tuple[Event, ...]:
        kinds: tuple[tuple[EventKind, float], ...] = (("heel_strike", 0.0), ("toe_off", TOE_OFF))
        events = [
            Event(time, kind, side)
            for side in SIDES
            for kind, fraction in kinds
            for time in moments(timestamps_s, self.stride_s, _SIDE_PHASE[side] + fraction)
        ]
        return tuple(sorted(events, key=lambda event: event.timestamp_s))


def _upper_body(phase: Array) -> dict[str, Array]:
    """Pelvis, trunk and arms: the arms swing against the legs, the thorax turns against the pelvis."""
    swing = np.cos(2 * np.pi * phase)  # 1 at right heel strike
    angles: dict[str, Array] = {
        "pelvis_heading": 4 * swing,
        "pelvis_list": 3 * np.sin(2 * np.pi * phase),
        "pelvis_tilt": np.full_like(phase, 3.0),
        "thorax_rotation": -9 * swing,
        "head_nod": np.full_like(phase, -1.0),
    }
    for side in SIDES:
        forward = -side_sign(side) * swing
        angles[f"{side}_shoulder_flexion"] = 2 + 20 * forward
        angles[f"{side}_shoulder_abduction"] = np.full_like(phase, 9.0)
        angles[f"{side}_elbow_flexion"] = 26 + 14 * forward
    return angles


def _quintic(u: Array, start: float, end: float, at_start: Array, at_end: Array) -> Array:
    """The polynomial of degree 5 with the given value, rate and acceleration ``(3,)`` at both ends."""
    rows = [_quintic_rows(start), _quintic_rows(end)]
    coefficients = np.linalg.solve(np.concatenate(rows), np.concatenate([at_start, at_end]))
    return np.asarray(np.polynomial.polynomial.polyval(u, coefficients), np.float64)


def _quintic_rows(u: float) -> Array:
    powers = np.arange(6)
    value = u**powers
    rate = powers * u ** np.maximum(powers - 1, 0)
    acceleration = powers * (powers - 1) * u ** np.maximum(powers - 2, 0)
    return np.stack([value, rate, acceleration]).astype(np.float64)


def _jet(values: Array, step: float) -> Array:
    """Value, rate and acceleration at the first of three samples ``step`` apart."""
    here, near, far = values
    return np.array([here, (-3 * here + 4 * near - far) / (2 * step), (here - 2 * near + far) / step**2])
