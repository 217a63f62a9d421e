"""Heel strikes and toe-offs of both feet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.contacts import contact_s
from neuropose_ray.analysis.gait.heading import Directions, walking_directions
from neuropose_ray.analysis.gait.records import OTHER, EventKind, GaitCycle, GaitEvent, GaitEvents, Side
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.gait.signals import CLOCK_HZ, SignalSegment, foot_segments
from neuropose_ray.analysis.gait.warnings import event_warnings
from neuropose_ray.analysis.motion import Motion

Array = NDArray[np.float64]
_What = tuple[Side, EventKind]

#: The order of walking: the other foot leaves after a heel strike and lands before this one leaves.
_NEXT: Mapping[_What, _What] = MappingProxyType(
    {(side, "heel_strike"): (OTHER[side], "toe_off") for side in OTHER}
    | {(side, "toe_off"): (side, "heel_strike") for side in OTHER}
)
#: Which point of the foot shows an event, and whether it is then farthest ahead or farthest behind.
_SHOWN_BY: Mapping[EventKind, tuple[str, int]] = MappingProxyType(
    {"heel_strike": ("heel", 1), "toe_off": ("toe", -1)}
)
#: No swing takes longer, even of slow patients (0.4 s at natural speed).
_LONGEST_SWING_S = 1.0
#: A walk on the spot has two heel strikes and two toe-offs at least: fewer come in order by chance. Of somebody who
#: goes somewhere a step is enough.
_LEAST_EVENTS, _LEAST_EVENTS_TRAVELLING = 4, 3
#: From heel strike to heel strike of the same foot, where a clip does not show it.
_NATURAL_STRIDE_S = 1.1
#: Between turning points, which make double support longer and swing shorter than they are (0.1 s and 0.4 s).
_SHORTEST_S: Mapping[EventKind, float] = MappingProxyType({"heel_strike": 0.03, "toe_off": 0.15})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An event that may be one: its stretch, its moment there, and how far the signal turns, in mm."""

    segment: int
    time_s: float
    what: _What
    prominence_mm: float


def gait_events(motion: Motion, settings: GaitSettings | None = None) -> GaitEvents:
    """The heel strikes and toe-offs of a walk in any direction, over ground or on a treadmill.

    They are looked for where the heel is farthest ahead of the pelvis along the heading and where the toe is farthest
    behind it (Zeni et al. 2008, Gait & Posture 27(4):710-714), and put where the foot touches the floor or leaves it,
    see :func:`.contacts.contact_s`.

    Times lie between frames. Only events in the order of walking are kept: running has another. Where the skeleton
    has no heel or toe the ankle stands for it, and a warning says so.

    NaN: frames in which hips, feet or heading are not known are bridged up to ``max_gap_s``; in longer gaps, and
    across them, there are no events. Nobody, one frame or somebody who stands gives no events, and a warning.

    Raises:
        InputError: the skeleton has no hips or no ankles.
    """
    settings = settings or GaitSettings()
    directions = walking_directions(motion, settings)
    segments = foot_segments(motion, directions, settings)
    leg_mm = _leg_length_mm(motion)
    candidates = [
        candidate
        for number, segment in enumerate(segments)
        for candidate in _alternating(_candidates(number, segment, leg_mm, settings))
    ]
    walks = _walks(candidates, settings.max_pause_s, motion, directions)
    stride_s = _stride_s(candidates)
    events = []
    for walk, members in enumerate(walks):
        moments = _in_order(
            [
                contact_s(segments[member.segment], *member.what, member.time_s, stride_s, settings)
                for member in members
            ],
            members,
        )
        for moment, member in zip(moments, members, strict=True):
            frame = _nearest(motion.timestamps_s, moment)
            events.append(
                GaitEvent(timestamp_s=moment, frame=frame, side=member.what[0], kind=member.what[1], walk=walk)
            )
    dropped = len(candidates) - len(events)
    warnings = event_warnings(motion, directions, tuple(events), dropped, settings)
    return GaitEvents(events=tuple(events), warnings=warnings, refused=() if events else warnings)


def gait_cycles(events: GaitEvents) -> tuple[GaitCycle, ...]:
    """The complete strides of both feet, ascending in time; none is counted in which an event is missing.

    Each is also a window of frames, as time normalisation takes them.
    """
    cycles = []
    for five in zip(*(events.events[offset:] for offset in range(5)), strict=False):
        if five[0].kind == "heel_strike" and five[0].walk == five[4].walk:
            start, opposite_toe_off, opposite_heel_strike, toe_off, end = (event.timestamp_s for event in five)
            cycles.append(
                GaitCycle(
                    side=five[0].side, start=five[0].frame, end=five[4].frame + 1, walk=five[0].walk, start_s=start,
                    opposite_toe_off_s=opposite_toe_off, opposite_heel_strike_s=opposite_heel_strike,
                    toe_off_s=toe_off, end_s=end,
                )
            )  # fmt: skip
    return tuple(cycles)


def _nearest(times_s: Array, moment_s: float) -> int:
    after = min(max(int(np.searchsorted(times_s, moment_s)), 1), len(times_s) - 1)
    return after if times_s[after] - moment_s < moment_s - times_s[after - 1] else after - 1


def _leg_length_mm(motion: Motion) -> float:
    """Hip to ankle when the leg is about straight; NaN when it is never seen."""
    legs = [motion.joint(f"{side}_hip") - motion.joint(f"{side}_ankle") for side in OTHER]
    lengths = np.linalg.norm(legs, axis=-1)
    known = lengths[np.isfinite(lengths)]
    return float(np.percentile(known, 90)) if len(known) else float("nan")


def _candidates(number: int, segment: SignalSegment, leg_mm: float, settings: GaitSettings) -> list[_Candidate]:
    """Where a foot is farthest ahead or behind, and has swung past or up to the other one."""
    from scipy.signal import find_peaks

    candidates = []
    for side in OTHER:
        for kind, (part, sign) in _SHOWN_BY.items():
            signal = sign * segment.ahead_mm[side, part]
            gained = segment.ahead_mm[side, part] - segment.ahead_mm[OTHER[side], part]
            peaks, properties = find_peaks(
                signal,
                prominence=settings.min_turn * leg_mm,
                distance=max(1, round(settings.min_stride_s * CLOCK_HZ)),
            )
            for peak, prominence in zip(peaks, properties["prominences"], strict=True):
                # Hips that go back over standing feet (a squat) also put both heels ahead, but carry no foot.
                if _swings(gained, int(peak), sign, leg_mm, settings):
                    moment = float(segment.times_s[0] + _vertex(signal, int(peak)) / CLOCK_HZ)
                    candidates.append(_Candidate(number, moment, (side, kind), float(prominence)))
    return sorted(candidates, key=lambda candidate: candidate.time_s)


def _swings(gained: Array, at: int, sign: int, leg_mm: float, settings: GaitSettings) -> bool:
    """Whether the foot gains enough on the other one in the swing that ends (sign 1) or begins (-1) at a sample."""
    samples = round(_LONGEST_SWING_S * CLOCK_HZ)
    swing = gained[max(0, at - samples) : at + 1][::-1] if sign > 0 else -gained[at : at + samples]
    farthest = int(swing.argmin())
    # Of a swing that is cut off by the end of the recording only a part can be seen.
    is_complete = farthest < len(swing) - 1
    return float(swing[0] - swing[farthest]) >= leg_mm * (settings.min_swing if is_complete else settings.min_turn)


def _vertex(signal: Array, peak: int) -> float:
    """The sample, with a fraction, at which the parabola through a peak and its neighbours is highest."""
    before, here, after = signal[peak - 1 : peak + 2]
    bend = before - 2 * here + after
    return peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)


def _alternating(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Heel strike and toe-off of each foot in turn: of two of a kind in one stride the more prominent one."""
    kept: list[_Candidate] = []
    for side in OTHER:
        own: list[_Candidate] = []
        for event in (event for event in candidates if event.what[0] == side):
            if own and own[-1].what == event.what and event.time_s - own[-1].time_s < _LONGEST_SWING_S:
                own[-1] = max(own[-1], event, key=lambda candidate: candidate.prominence_mm)
            else:
                own.append(event)
        kept += own
    return sorted(kept, key=lambda event: event.time_s)


def _walks(
    candidates: Sequence[_Candidate], max_pause_s: float, motion: Motion, directions: Directions
) -> list[list[_Candidate]]:
    """Unbroken sequences in the order of walking, the short ones left out."""
    walks: list[list[_Candidate]] = []
    for candidate in candidates:
        last = walks[-1][-1] if walks else None
        follows = last is not None and (candidate.segment, candidate.what) == (last.segment, _NEXT[last.what])
        if (
            last is not None
            and follows
            and _SHORTEST_S[last.what[1]] <= candidate.time_s - last.time_s <= max_pause_s
        ):
            walks[-1].append(candidate)
        else:
            walks.append([candidate])
    return [walk for walk in walks if len(walk) >= _least_events(walk, motion, directions)]


def _least_events(walk: Sequence[_Candidate], motion: Motion, directions: Directions) -> int:
    first, past = np.searchsorted(motion.timestamps_s, [walk[0].time_s, walk[-1].time_s])
    travels = directions.travelling[first : past + 1].all()
    return _LEAST_EVENTS_TRAVELLING if travels else _LEAST_EVENTS


def _stride_s(candidates: Sequence[_Candidate]) -> float:
    """Twice the median time between heel strikes of the two feet; of a natural walk where no two are seen."""
    strikes = [candidate for candidate in candidates if candidate.what[1] == "heel_strike"]
    steps = [
        after.time_s - before.time_s
        for before, after in pairwise(strikes)
        if before.what[0] != after.what[0] and before.segment == after.segment
    ]
    return 2 * float(np.median(steps)) if steps else _NATURAL_STRIDE_S


def _in_order(moments: Sequence[float], members: Sequence[_Candidate]) -> list[float]:
    """The moments of contact, or the turning points where those of two feet would pass each other."""
    ordered = list(moments)
    for index, (before, after) in enumerate(pairwise(moments)):
        if before >= after:
            ordered[index], ordered[index + 1] = members[index].time_s, members[index + 1].time_s
    return ordered
