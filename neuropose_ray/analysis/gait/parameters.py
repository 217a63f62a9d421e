"""The gait table: what the events and footprints of a walk measure, with how many, mean and spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.events import gait_cycles
from neuropose_ray.analysis.gait.footprints import Ground, read_ground
from neuropose_ray.analysis.gait.heading import Directions, walking_directions
from neuropose_ray.analysis.gait.records import (
    OTHER,
    GaitCycle,
    GaitEvent,
    GaitEvents,
    GaitParameter,
    GaitParameters,
    GaitSymmetry,
    Side,
)
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.gait.warnings import parameter_warnings
from neuropose_ray.analysis.motion import Motion

Array = NDArray[np.float64]
#: Name of a parameter, side it belongs to, value.
_Value = tuple[str, Side, float]

#: Every parameter's name, with its unit, and what it is.
GAIT_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "cadence_steps_per_min": "60 over the step time",
        "speed_m_per_s": "the pelvis's way over the floor from heel strike to heel strike, over the step time",
        "stride_length_m": "between two footprints of the same foot in a row",
        "step_length_m": "from the other foot's footprint to this foot's, along the line of progression",
        "step_width_m": "the same, square to that line; positive where the feet do not cross",
        "stride_time_s": "heel strike to the next of the same foot",
        "step_time_s": "the other foot's heel strike to this foot's",
        "stance_time_s": "heel strike to toe-off of this foot",
        "swing_time_s": "toe-off to heel strike of this foot",
        "single_support_time_s": "this foot alone on the floor: the other foot's swing",
        "double_support_time_s": "both feet on the floor, both times of one cycle together",
        "stance_percent": "stance of one cycle",
        "swing_percent": "swing of one cycle",
        "single_support_percent": "single support of one cycle",
        "double_support_percent": "double support of one cycle",
    }
)
#: What the two sides of healthy walkers have nearly the same of.
_COMPARED = ("step_length_m", "step_time_s", "stance_time_s", "swing_time_s", "single_support_time_s")


def gait_parameters(motion: Motion, events: GaitEvents, settings: GaitSettings | None = None) -> GaitParameters:
    """Spatial and temporal parameters of a walk.

    Lengths lie in the plane of the floor. The line of progression of a step is the stride line between the
    footprints of one foot before and after it (Huxham et al. 2006, Gait & Posture 23(2):159-163), so that walks may
    turn; at the ends of a walk without one it is the heading. Times need only the events at their two ends,
    percentages and double support a whole cycle. Symmetry is the signed index of Robinson, Herzog and Nigg 1987 (J
    Manipulative Physiol Ther 10(4):172-176), ``100 (right - left) / ((right + left) / 2)``: 0 is symmetric.

    Args:
        motion: that in which the events were found.
        events: of :func:`~neuropose_ray.analysis.gait.events.gait_events`.
        settings: the same as for the events.

    NaN: a footprint whose foot is not seen while it is flat has no lengths; what has no values has ``n`` 0.

    Raises:
        InputError: the skeleton has no hips or no ankles.
    """
    settings = settings or GaitSettings()
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    warnings: tuple[str, ...] = events.warnings
    if events.events:
        directions = walking_directions(motion, settings)
        ground = read_ground(motion, events, directions)
        cycles = gait_cycles(events)
        for name, side, value in _all_values(events, cycles, ground, directions):
            if np.isfinite(value):
                values[name, side].append(value)
        warnings += parameter_warnings(motion, events, cycles, ground, directions, settings)
    rows = [_row(name, side, values[name, side]) for name in GAIT_PARAMETERS for side in OTHER]
    pooled = [_row(name, "both", values[name, "left"] + values[name, "right"]) for name in GAIT_PARAMETERS]
    symmetry = tuple(_symmetry(name, values[name, "left"], values[name, "right"]) for name in _COMPARED)
    return GaitParameters(parameters=(*pooled, *rows), symmetry=symmetry, warnings=warnings)


def _all_values(
    events: GaitEvents, cycles: Sequence[GaitCycle], ground: Ground, directions: Directions
) -> Iterator[_Value]:
    yield from _phase_values(events.events)
    for cycle in cycles:
        yield from _cycle_values(cycle)
    yield from _footprint_values(events.events, ground, directions)


def _phase_values(events: Sequence[GaitEvent]) -> Iterator[_Value]:
    """Durations between two events of the same walk."""
    for first, second in pairwise(events):
        if first.walk == second.walk and first.kind == "toe_off":
            swing = second.timestamp_s - first.timestamp_s
            yield "swing_time_s", first.side, swing
            yield "single_support_time_s", OTHER[first.side], swing
    for first, third in zip(events, events[3:], strict=False):
        if first.walk == third.walk and first.kind == "heel_strike":
            yield "stance_time_s", first.side, third.timestamp_s - first.timestamp_s


def _cycle_values(cycle: GaitCycle) -> Iterator[_Value]:
    stride = cycle.end_s - cycle.start_s
    stance = cycle.toe_off_s - cycle.start_s
    single = cycle.opposite_heel_strike_s - cycle.opposite_toe_off_s
    yield "stride_time_s", cycle.side, stride
    yield "double_support_time_s", cycle.side, stance - single
    yield "stance_percent", cycle.side, 100 * stance / stride
    yield "swing_percent", cycle.side, 100 * (stride - stance) / stride
    yield "single_support_percent", cycle.side, 100 * single / stride
    yield "double_support_percent", cycle.side, 100 * (stance - single) / stride


def _footprint_values(events: Sequence[GaitEvent], ground: Ground, directions: Directions) -> Iterator[_Value]:
    strikes = [index for index, event in enumerate(events) if event.kind == "heel_strike"]
    prints = ground.footprints_mm / 1000
    for before, here in pairwise(strikes):
        if events[before].walk != events[here].walk:
            continue
        side = events[here].side
        duration = events[here].timestamp_s - events[before].timestamp_s
        way = float(np.linalg.norm(ground.pelvis_mm[here] - ground.pelvis_mm[before])) / 1000
        yield "step_time_s", side, duration
        yield "cadence_steps_per_min", side, 60 / duration
        yield "speed_m_per_s", side, way / duration
        ahead = _progression(events, prints, before, here, directions)
        step = prints[here] - prints[before]
        right = np.cross(ahead, directions.up)
        right = right * np.sign(right @ directions.right[events[here].frame])
        yield "step_length_m", side, float(step @ ahead)
        yield "step_width_m", side, float(step @ right) * (1 if side == "right" else -1)
        if _same_walk(events, here - 4, here):
            yield "stride_length_m", side, float(np.linalg.norm(prints[here] - prints[here - 4]))


def _progression(events: Sequence[GaitEvent], prints: Array, before: int, here: int, directions: Directions) -> Array:
    """The unit vector of the stride that ends with a step, else of the other foot's stride that begins with it."""
    for start, end in ((here - 4, here), (before, before + 4)):
        if _same_walk(events, start, end):
            stride = prints[end] - prints[start]
            if np.isfinite(stride).all():
                return np.asarray(stride / np.linalg.norm(stride))
    heading = np.nansum(directions.forward[events[before].frame : events[here].frame + 1], axis=0)
    return np.asarray(heading / np.linalg.norm(heading))


def _same_walk(events: Sequence[GaitEvent], start: int, end: int) -> bool:
    return start >= 0 and end < len(events) and events[start].walk == events[end].walk


def _row(name: str, side: Literal["left", "right", "both"], values: Sequence[float]) -> GaitParameter:
    return GaitParameter(
        name=name,
        side=side,
        n=len(values),
        mean=float(np.mean(values)) if values else None,
        sd=float(np.std(values, ddof=1)) if len(values) > 1 else None,
    )


def _symmetry(name: str, left: Sequence[float], right: Sequence[float]) -> GaitSymmetry:
    if not left or not right or np.mean(left) + np.mean(right) == 0:
        return GaitSymmetry(name=name, symmetry_index_percent=None)
    difference, middle = np.mean(right) - np.mean(left), (np.mean(right) + np.mean(left)) / 2
    return GaitSymmetry(name=name, symmetry_index_percent=float(100 * difference / middle))
