"""Warnings, in plain words, about events and parameters of a walk that are unsure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.footprints import Ground
from neuropose_ray.analysis.gait.heading import STRAIGHT_ALONG_SIGHT, Directions, along_sight
from neuropose_ray.analysis.gait.records import OTHER, GaitCycle, GaitEvent, GaitEvents
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.gait.signals import known_frames, unbroken
from neuropose_ray.analysis.motion import Motion

#: A slower camera shows a heel strike, in which the foot stops within 0.1 s, on two frames or fewer.
_SLOW_CAMERA_HZ = 20.0
#: Below this a model says that a joint is more likely hidden than seen.
_POOR_SCORE = 0.5
#: Cosine to the line of sight: above the first (45 degrees) lengths, below the second (60 degrees) widths are depth.
_ALONG_SIGHT, _ACROSS_SIGHT = 0.71, 0.5
#: Share of the walking speed by which feet in stance may slide; one camera's depth is right to about a tenth.
_SLIDING_SHARE = 0.15


def event_warnings(
    motion: Motion, directions: Directions, events: Sequence[GaitEvent], dropped: int, settings: GaitSettings
) -> tuple[str, ...]:
    """Warnings about the events; ``dropped`` is how many candidates were out of order."""
    known = known_frames(motion, directions)
    if not known.any():
        return ("no gait: hips and feet are not seen together in any frame",)
    left_out = f"{dropped} turns of the feet were left out: they do not come in the order of walking"
    warnings = [] if events else ["no gait: no two steps in the order of walking were found"]
    warnings += [left_out] if dropped else []
    if not known.all():
        warnings.append(f"hips or feet are missing in {100 * (1 - known.mean()):.0f} % of the frames")
    gaps = len(unbroken(motion.timestamps_s, known, settings.max_gap_s)) - 1
    if gaps:
        counted = "a gap" if gaps == 1 else f"{gaps} gaps"
        warnings.append(
            f"the walk is cut by {counted} of more than {settings.max_gap_s:g} s: no events are found there"
        )
    if not events:
        return tuple(warnings)
    if motion.frame_rate_hz < _SLOW_CAMERA_HZ:
        warnings.append(
            f"at {motion.frame_rate_hz:.0f} frames a second heel strikes and toe-offs fall between the frames"
        )
    for part, what in (("heel", "heel strikes"), ("toe", "toe-offs")):
        if not motion.skeleton.has(f"left_{part}", f"right_{part}"):
            warnings.append(f"the skeleton {motion.skeleton.name} has no {part}: {what} are those of the ankle")
    walking = slice(events[0].frame, events[-1].frame + 1)
    warnings += [
        f"the {side} foot is poorly seen: median score {score:.2f}"
        for side in OTHER
        if (score := _foot_score(motion, side, walking)) < _POOR_SCORE
    ]
    if np.mean(directions.backwards[walking]) > 0.5:
        warnings.append(
            "the person walks backwards: heel strikes are the first contacts of the foot, not of the heel"
        )
    return tuple(warnings)


def parameter_warnings(
    motion: Motion,
    events: GaitEvents,
    cycles: Sequence[GaitCycle],
    ground: Ground,
    directions: Directions,
    settings: GaitSettings,
) -> tuple[str, ...]:
    """Warnings about the gait table of at least one walk."""
    warnings = []
    for side in OTHER:
        count = sum(cycle.side == side for cycle in cycles)
        if count < settings.min_cycles:
            cycles_seen = f"{count} complete {'cycle' if count == 1 else 'cycles'} of the {side} foot"
            warnings.append(
                f"the clip is short: {cycles_seen}, fewer than {settings.min_cycles}; its means are unsure"
            )
    if ground.kind == "treadmill":
        warnings.append(
            "the person stays in place before the camera: speed and lengths count on a treadmill's belt "
            "that moves as the standing feet do"
        )
    elif abs(ground.slip_m_per_s) > _SLIDING_SHARE * ground.walking_speed_m_per_s:
        warnings.append(
            f"standing feet slide by {abs(ground.slip_m_per_s):.2f} m/s, so that speed and lengths are unsure"
            + ("" if motion.is_measured else ": the camera moves, or depth is off")
        )
    if motion.is_measured:
        return tuple(warnings)
    along = along_sight(motion, np.array([event.frame for event in events.events]), directions)
    if along > _ALONG_SIGHT:
        warnings.append(
            "the person walks towards or away from the camera: speed, step and stride length rest on depth"
        )
        if along > STRAIGHT_ALONG_SIGHT:
            warnings.append(
                "the person walks straight towards or away from the camera: heel strikes and toe-offs are up to "
                "0.2 s early or late, which changes stance and swing more than step times"
            )
    elif along < _ACROSS_SIGHT:
        warnings.append("the person is seen from the side: step width rests on depth")
    return tuple(warnings)


def _foot_score(motion: Motion, side: str, frames: slice) -> float:
    """The median score of a foot's joints; 1 where the model gives none."""
    parts = [part for part in ("ankle", "heel", "toe") if motion.skeleton.has(f"{side}_{part}")]
    scores = motion.joint_scores[frames][:, [motion.skeleton.index(f"{side}_{part}") for part in parts]]
    known: NDArray[np.float64] = scores[np.isfinite(scores)]
    return float(np.median(known)) if len(known) else 1.0
