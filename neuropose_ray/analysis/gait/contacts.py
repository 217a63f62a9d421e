"""When a foot touches the floor and when it leaves it, found near the turning points of its path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.records import EventKind, Side
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.gait.signals import CLOCK_HZ, SignalSegment

Array = NDArray[np.float64]

#: Of measured heels: contact is looked for so long after the turning point, within which feet stop. The walking speed
#: is not read from more of a stance.
_CONTACT_WITHIN_S, _LONGEST_STANCE_S = 0.12, 1.5
#: In strides from a turning point, with stance after it (before it, of a toe-off): where the swing is fastest, where
#: the foot is most at rest, and where it is flat on the floor. Turning points of video come up to 0.1 strides late.
_SWING, _REST, _FLAT = (-0.3, 0.0), (-0.1, 0.22), (0.1, 0.35)


def contact_s(
    segment: SignalSegment, side: Side, kind: EventKind, turn_s: float, stride_s: float, settings: GaitSettings
) -> float:
    """The moment of a heel strike or a toe-off; the turning point where the foot is not seen to stop or start.

    Joints that were measured in space: a heel that turns still moves as fast as the pelvis, and is followed to the
    moment at which its speed over the floor has fallen to ``contact_speed`` times the walking speed, which is the
    speed of the foot in mid stance relative to the pelvis. The toe is not followed: it rolls at half of the walking
    speed while it still pushes, and passes the pelvis's speed within 10 ms of leaving a force plate.

    So are those of pictures of a walk straight towards or away from the camera, which hardly moves a foot across the
    line of sight.

    Joints of other pictures: depth is what a camera sees least of, and a foot that is lifted is easily taken for one
    that comes nearer or goes away. So the foot's speed across the line of sight is followed, relative to that in mid
    stance. It rises and falls once in a step. Errors of the pose round these edges off, but hardly move the moment at
    which a share of the swing's own greatest speed is passed.

    Args:
        segment: in which the event lies.
        side: of the foot.
        kind: of the event.
        turn_s: where the heel is farthest ahead of the pelvis, or the toe farthest behind it.
        stride_s: how long a stride takes.
        settings: the shares.
    """
    if segment.across_mm_per_s:
        return _in_pictures_s(segment, side, kind, turn_s, stride_s, settings)
    return turn_s if kind == "toe_off" else _measured_heel_strike_s(segment, side, turn_s, settings)


def _measured_heel_strike_s(segment: SignalSegment, side: Side, turn_s: float, settings: GaitSettings) -> float:
    at = round((turn_s - float(segment.times_s[0])) * CLOCK_HZ)
    into = segment.ahead_mm[side, "heel"][at : at + round(_LONGEST_STANCE_S * CLOCK_HZ)]
    stance = -np.gradient(into)
    turned = np.flatnonzero(stance[1:] < 0)
    stance = stance[: turned[0] + 1] if len(turned) else stance
    walking = float(np.median(stance[len(stance) // 4 : max(3 * len(stance) // 4, len(stance) // 4 + 1)]))
    level = (1 - settings.contact_speed) * walking
    slow = np.flatnonzero(stance[1 : round(_CONTACT_WITHIN_S * CLOCK_HZ)] >= level)
    if level <= 0 or not len(slow):
        return turn_s
    before, after = stance[slow[0] : slow[0] + 2]
    share = (level - before) / (after - before) if after > before else 0.0
    return turn_s + float(slow[0] + np.clip(share, 0, 1)) / CLOCK_HZ


def _in_pictures_s(
    segment: SignalSegment, side: Side, kind: EventKind, turn_s: float, stride_s: float, settings: GaitSettings
) -> float:
    from_turn = (segment.times_s - turn_s) / stride_s
    velocity = segment.across_mm_per_s[side, "heel" if kind == "heel_strike" else "toe"]
    share, delay = settings.landing_share, settings.landing_delay
    if kind == "toe_off":  # a heel strike in the mirror of time
        from_turn, velocity, share, delay = -from_turn[::-1], velocity[::-1], settings.leaving_share, 0.0
    flat = _within(from_turn, _FLAT)
    speed = np.linalg.norm(velocity - (np.median(velocity[flat], axis=0) if len(flat) else 0.0), axis=1)
    swing, rest = _within(from_turn, _SWING), _within(from_turn, _REST)
    if not len(swing) or not len(rest):
        return turn_s
    fastest, still = swing[speed[swing].argmax()], rest[speed[rest].argmin()]
    level = share * float(speed[fastest])
    above = fastest + np.flatnonzero(speed[fastest : still + 1] >= level)
    if not len(above) or above[-1] >= still:
        return turn_s
    here = int(above[-1])
    passed = here + (float(speed[here]) - level) / float(speed[here] - speed[here + 1])
    strides = float(np.interp(passed, np.arange(len(from_turn)), from_turn)) + delay
    return turn_s + stride_s * (-strides if kind == "toe_off" else strides)


def _within(values: Array, bounds: tuple[float, float]) -> NDArray[np.int64]:
    return np.flatnonzero((values >= bounds[0]) & (values <= bounds[1]))
