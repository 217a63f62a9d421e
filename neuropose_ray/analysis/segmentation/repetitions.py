"""Repetitions of a movement, for any skeleton and without being told which joint moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.cycle_length import smoothed
from neuropose_ray.analysis.segmentation.cycles import time_normalise
from neuropose_ray.analysis.segmentation.excursions import Excursion, find_excursions
from neuropose_ray.analysis.segmentation.extractors import extract_signal
from neuropose_ray.analysis.segmentation.movements import (
    LEG_MOVEMENTS,
    MovementSignal,
    correlation,
    mean_of_sides,
    movement_signals,
)
from neuropose_ray.analysis.segmentation.repetition_records import Repetition, Repetitions, RepetitionSettings
from neuropose_ray.analysis.segmentation.unfound import EXTRACTOR_UNITS, most_moving
from neuropose_ray.schemas.segmentation import Extractor


def repetitions(
    motion: Motion, extractor: Extractor | None = None, settings: RepetitionSettings | None = None
) -> Repetitions:
    """Find the repetitions of a movement.

    Without an extractor, the angle of knee, elbow, hip or shoulder with the greatest range that comes back alike is
    followed: as the mean of right and left where both move together, else each side on its own (reaching with one
    arm, then the other). Where both legs move, but not together, as in walking, nothing is counted. What counts as
    one repetition is told in :class:`.excursions.ExcursionSettings`; rest is the posture at the start of the motion.

    Args:
        motion: one person; NaN is bridged for up to ``settings.bridged_s``, longer gaps end a repetition.
        extractor: the signal to follow instead.
        settings: thresholds.

    Returns:
        The repetitions, also those cut off by the start or end of the motion if their peak is seen.

    Raises:
        SignalError: (a ValueError) the extractor does not fit the motion's joints.
    """
    settings = settings or RepetitionSettings()
    if extractor is not None:
        values = extract_signal(motion.positions, extractor)
        unit = EXTRACTOR_UNITS[extractor.kind]
        signals = [MovementSignal(extractor.kind, "none", unit, values, _joints(extractor))]
        # Fingers tap and hands shake faster than any step.
        is_set = "min_duration_s" in settings.model_fields_set
        asked_for = settings if is_set else settings.model_copy(update={"min_duration_s": 0.0})
        return _described(motion, _found(motion, signals, asked_for), settings)
    followed = [_followed(motion, sides, settings) for sides in movement_signals(motion).values()]
    candidates = [_found(motion, signals, settings) for signals in followed if signals]
    if None in followed and not any(_legs_together(candidate) for candidate in candidates):
        return Repetitions("", (), (), _warnings(motion), _LEGS_DIFFER)
    scores = [_score(motion, candidate) for candidate in candidates]
    if max(scores, default=0) <= 0:
        return Repetitions("", (), (), _warnings(motion), _why_none(followed))
    best = next(index for index, score in enumerate(scores) if score >= settings.as_good * max(scores))
    return _described(motion, candidates[best], settings)


_LEGS_DIFFER = "no repetitions: both legs move, but not together"

#: Signals with their excursions.
_Found = list[tuple[MovementSignal, list[Excursion]]]


def _followed(
    motion: Motion, sides: Sequence[MovementSignal], settings: RepetitionSettings
) -> list[MovementSignal] | None:
    """The signals to look at of one movement; None where the legs move in turn."""
    if len(sides) < 2:
        return list(sides)
    right, left = sides
    if correlation(right.values, left.values) >= settings.in_phase:
        return [mean_of_sides(right, left)]
    if right.name not in LEG_MOVEMENTS:
        return [right, left]
    ranges = [_range(signal, settings.step_kernel_s * motion.frame_rate_hz) for signal in sides]
    if max(ranges) < settings.min_range_deg:
        return []
    if min(ranges) < settings.one_sided * max(ranges):
        return [sides[int(np.argmax(ranges))]]
    return None


def _why_none(followed: Sequence[list[MovementSignal] | None]) -> str:
    """Why no movement was found to repeat."""
    most = most_moving([signal for signals in followed for signal in signals or ()])
    if most is None:
        return "no repetitions: no large joint moves beyond its noise"
    signal, spread = most
    side = "" if signal.side in ("both", "none") else f"{signal.side} "
    name = signal.name.replace("_", " ")
    return f"no repetitions: {side}{name} covers {spread:.0f} {signal.unit}, but does not go from rest and back"


def _range(signal: MovementSignal, kernel: float) -> float:
    """From the 2nd to the 98th percentile, without the jitter from frame to frame."""
    known = smoothed(signal.values[np.isfinite(signal.values)], kernel)
    return float(np.ptp(np.percentile(known, [2, 98])))


def _found(motion: Motion, signals: Sequence[MovementSignal], settings: RepetitionSettings) -> _Found:
    return [
        (
            signal,
            find_excursions(
                signal.values,
                motion.timestamps_s,
                settings,
                min_height=_least_range(signal, settings),
                rest_is_low=signal.unit == "deg",
            ),
        )
        for signal in signals
    ]


def _least_range(signal: MovementSignal, settings: RepetitionSettings) -> float:
    """The smallest excursion, in the signal's unit; one in mm that the user named may be as small as its noise."""
    if signal.unit == "deg":
        return settings.min_range_deg if signal.name in LEG_MOVEMENTS else settings.min_arm_range_deg
    return float(np.radians(settings.min_range_deg)) if signal.unit == "rad" else 0.0


def _legs_together(candidate: _Found) -> bool:
    return any(
        signal.name in LEG_MOVEMENTS and signal.side == "both" and excursions for signal, excursions in candidate
    )


def _score(motion: Motion, candidate: _Found) -> float:
    """The greatest median height of a side's excursions times how alike their curves are, 0.5 for a single one."""
    scores = [0.0]
    for signal, excursions in candidate:
        complete = [excursion for excursion in excursions if excursion.complete]
        if not complete:
            continue
        scores.append(
            _alike(motion, signal, complete) * float(np.median([excursion.height for excursion in complete]))
        )
    return max(scores)


def _alike(motion: Motion, signal: MovementSignal, excursions: Sequence[Excursion]) -> float:
    """How well the time-normalised curves correlate with their mean, 0..1; 0.5 where there is one alone."""
    if len(excursions) < 2:
        return 0.5
    windows = [_Window(excursion.start, excursion.end + 1) for excursion in excursions]
    curves = time_normalise(signal.values, motion.timestamps_s, windows, points=51)
    return float(np.mean([max(correlation(curve, curves.mean), 0.0) for curve in curves.values]))


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    end: int


def _described(motion: Motion, candidate: _Found, settings: RepetitionSettings) -> Repetitions:
    pairs = [(signal, excursion) for signal, excursions in candidate for excursion in excursions]
    pairs.sort(key=lambda pair: pair[1].peak)
    usual = float(np.median([excursion.height for _, excursion in pairs])) if pairs else 0.0
    records = [_record(motion, signal, excursion, usual, settings) for signal, excursion in pairs]
    used = {record.side for record in records}
    signals = tuple(signal for signal, _ in candidate if signal.side in used or len(candidate) == 1)
    warnings = list(_warnings(motion))
    if any(len(many) > 1 and _alike(motion, signal, many) < settings.alike for signal, many in candidate):
        warnings.append("the repetitions differ in their course: is it one movement?")
    reason = "" if records else _why_none([[signal for signal, _ in candidate]])
    return Repetitions(candidate[0][0].name, signals, tuple(records), tuple(warnings), reason)


def _record(
    motion: Motion, signal: MovementSignal, excursion: Excursion, usual: float, settings: RepetitionSettings
) -> Repetition:
    part = slice(excursion.start, excursion.end + 1)
    coverage = float(np.isfinite(signal.values[part]).mean())
    scores = motion.joint_scores[part, list(signal.joints)]
    warnings = []
    if not excursion.complete:
        warnings.append("cut off by the start or end of the video, or by a gap")
    if coverage < 1:
        warnings.append(f"the joints are missing in {1 - coverage:.0%} of its frames")
    if excursion.height < settings.shallow_share * usual:
        warnings.append(f"only {excursion.height / usual:.0%} of the usual range")
    return Repetition(
        start=excursion.start,
        peak=excursion.peak,
        end=excursion.end + 1,
        start_s=float(motion.timestamps_s[excursion.start]),
        peak_s=float(motion.timestamps_s[excursion.peak]),
        end_s=float(motion.timestamps_s[excursion.end]),
        side=signal.side,
        height=excursion.height,
        complete=excursion.complete,
        coverage=coverage,
        confidence=float(np.nanmean(scores)) if np.isfinite(scores).any() else float("nan"),
        warnings=tuple(warnings),
    )


def _joints(extractor: Extractor) -> tuple[int, ...]:
    """The places of an extractor's joints, each once."""
    named = extractor.model_dump()
    places = named.get("joints") or named.get("triplet") or (named["joint"],)
    return tuple(dict.fromkeys(places))


def _warnings(motion: Motion) -> tuple[str, ...]:
    """What makes everything found less sure."""
    warnings = []
    if motion.frame_rate_hz < 10:
        warnings.append(f"{motion.frame_rate_hz:.0f} frames per second: times are known to half a frame at best")
    if motion.coverage < 0.9:
        warnings.append(f"the person is seen in {motion.coverage:.0%} of the frames")
    return tuple(warnings)
