"""When nothing of a body touches the floor: flights, of which jumps and running are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.body.settings import GRAVITY, BodySettings
from neuropose_ray.analysis.derivatives import derivative, known_stretches
from neuropose_ray.analysis.motion import Motion

Array = NDArray[np.float64]
Feet = Literal["left", "right", "both"]

_SIDES = ("left", "right")
#: Shorter flights are taller than no step is high, and are not told from noise.
_SHORTEST_S = 0.08
#: Nothing falls faster than this, in gravities: what does is no body but a mistake.
_FASTEST_FALL = 1.5
#: A foot that is so many leg lengths higher than the other neither pushes off nor lands.
_OTHER_FOOT = 0.1


@dataclass(frozen=True, slots=True)
class Flight:
    """The time between the last touch of the floor and the next one.

    Attributes:
        start_s: take-off, between frames.
        end_s: landing, between frames.
        take_off: which feet pushed off.
        landing: which feet came down.
        rise_m: highest place of the centre of mass over the mean of its places at both ends.
    """

    start_s: float
    end_s: float
    take_off: Feet
    landing: Feet
    rise_m: float

    @property
    def duration_s(self) -> float:
        """From take-off to landing."""
        return self.end_s - self.start_s

    @property
    def rise_by_duration_m(self) -> float:
        """How high a body rises that falls freely for so long: ``g t^2 / 8`` (Bosco et al. 1983, Eur J Appl Physiol
        50:273-282).
        """
        return GRAVITY * self.duration_s**2 / 8

    @property
    def is_running_step(self) -> bool:
        """Whether it leads from one foot to the other."""
        return {self.take_off, self.landing} == {"left", "right"}


def find_flights(motion: Motion, centre_m: Array, up: Array, settings: BodySettings) -> tuple[Flight, ...]:
    """Every time in which both feet are off the floor and the body falls as gravity has it.

    The floor is where the lower foot is lowest in the seconds around, so that it may slope. That both feet are lifted
    is not enough: the centre of mass must also be slowed down by a good part of gravity, which it is not while a
    foot carries it, or where the feet are only seen wrongly. Flights that are cut off by a gap, or by an end of the
    recording, are left out.

    Args:
        motion: one person, cleaned.
        centre_m: ``(frames, 3)`` its centre of mass, NaN where not known.
        up: ``(3,)`` unit vector away from the floor.
        settings: from where on feet are lifted, and how fast a fall is.
    """
    height = centre_m @ up
    feet = np.stack([_lowest_of_foot_m(motion, side, up) for side in _SIDES])
    leg_m = leg_length_m(motion)
    if not leg_m > 0:
        return ()
    speed = derivative(height, motion.timestamps_s)
    flights = []
    for start, end in known_stretches(np.column_stack([height, feet.T, speed])):
        part = slice(start, end)
        flights += _flights(motion.timestamps_s[part], height[part], speed[part], feet[:, part], leg_m, settings)
    return tuple(flights)


def _flights(
    times: Array, height: Array, speed: Array, feet: Array, leg_m: float, settings: BodySettings
) -> list[Flight]:
    lowest = feet.min(0)
    lift = lowest - _lowest_around(times, lowest, settings.floor_window_s) - settings.min_lift * leg_m
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lift > 0, [False]]).astype(np.int8)))
    flights = []
    for first, past in zip(edges[::2], edges[1::2], strict=True):
        if first == 0 or past == len(times):
            continue
        start_s, end_s = _crossing(times, lift, first - 1), _crossing(times, lift, past - 1)
        at_start, at_end = np.interp([start_s, end_s], times, height)
        slowed = np.interp(start_s, times, speed) - np.interp(end_s, times, speed)
        fall = slowed / (end_s - start_s) / GRAVITY
        if end_s - start_s < _SHORTEST_S or not settings.min_fall <= fall <= _FASTEST_FALL:
            continue
        rise = float(height[first:past].max() - (at_start + at_end) / 2)
        ahead = (feet[0] - feet[1]) / leg_m
        flights.append(Flight(start_s, end_s, _on_floor(ahead[first - 1]), _on_floor(ahead[past]), rise))
    return flights


def _lowest_of_foot_m(motion: Motion, side: str, up: Array) -> Array:
    """``(frames,)`` height of a foot's lower end: toe or heel, or the ankle where the skeleton has neither."""
    names = [f"{side}_{part}" for part in ("toe", "heel") if motion.skeleton.has(f"{side}_{part}")]
    return np.asarray(np.min([motion.joint(name) @ up for name in names or [f"{side}_ankle"]], axis=0) / 1000)


def leg_length_m(motion: Motion) -> float:
    """Hip to ankle when the leg is about straight; NaN when it is never seen."""
    legs = [motion.joint(f"{side}_hip") - motion.joint(f"{side}_ankle") for side in _SIDES]
    lengths = np.linalg.norm(legs, axis=-1)
    known = lengths[np.isfinite(lengths)]
    return float(np.percentile(known, 90)) / 1000 if len(known) else float("nan")


def _lowest_around(times: Array, values: Array, width_s: float) -> Array:
    first = np.searchsorted(times, times - width_s / 2)
    past = np.searchsorted(times, times + width_s / 2, side="right")
    return np.array([values[start:end].min() for start, end in zip(first, past, strict=True)])


def _crossing(times: Array, lift: Array, before: int) -> float:
    """When a line between a frame and the next one passes 0."""
    lift_before, lift_after = lift[before], lift[before + 1]
    return float(times[before] + (times[before + 1] - times[before]) * lift_before / (lift_before - lift_after))


def _on_floor(left_over_right: float) -> Feet:
    if left_over_right < -_OTHER_FOOT:
        return "left"
    return "right" if left_over_right > _OTHER_FOOT else "both"
