"""All steps of cleaning in the field's order, each one recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.cleaning.interpolation import bridged, even_grid, fill_gaps, interpolate, is_even
from neuropose_ray.analysis.cleaning.label_swaps import exchange, find_label_swaps
from neuropose_ray.analysis.cleaning.records import Cleaned, CleaningStep, LabelSwap, StepName
from neuropose_ray.analysis.cleaning.rejection import reject_low_scores, reject_outliers
from neuropose_ray.analysis.cleaning.samples import Floats, known_samples, short_runs, unbroken_runs
from neuropose_ray.analysis.cleaning.settings import (
    USUAL_CUTOFF_HZ,
    ButterworthSettings,
    CleaningSettings,
    ConfidenceSettings,
    GapSettings,
    LabelSwapSettings,
    MedianSettings,
    OneEuroSettings,
    OutlierSettings,
    ResamplingSettings,
    SavitzkyGolaySettings,
)
from neuropose_ray.analysis.cleaning.smoothing import (
    low_pass,
    one_euro,
    passable,
    running_median,
    savitzky_golay,
    shortest_filtered_run,
)
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.immutable import FrozenModel

#: Neighbouring frames lie closer than this many frame intervals.
_NEIGHBOURS = 1.5


@dataclass(frozen=True, slots=True)
class _Outcome:
    motion: Motion
    warnings: tuple[str, ...] = ()
    swaps: tuple[LabelSwap, ...] = ()


def clean(motion: Motion, settings: CleaningSettings = CleaningSettings()) -> Cleaned:
    """Clean a motion, step by step, and say what each step did.

    The order is that of Pose2Sim and Sports2D: confidence cut, outlier rejection (Hampel), filling of short gaps,
    resampling to even times, low-pass. Exchanges of left and right are put right before the outliers are rejected,
    since they look like such. Nothing is drawn across a gap longer than the limit: what is missing there stays NaN.
    Steps that cannot be done at this frame rate are left out with a warning.

    Args:
        motion: left as it is.
        settings: of each step; None in place of a step's leaves it out.

    Raises:
        SettingsError: a low-pass cut-off was asked for that is not below half the frame rate.
    """
    steps: tuple[tuple[StepName, FrozenModel | None, Callable[[Motion, Any], _Outcome]], ...] = (
        ("confidence", settings.confidence, _cut),
        ("label_swaps", settings.label_swaps, _put_sides_right),
        ("outliers", settings.outliers, _reject),
        ("gaps", settings.gaps, _fill),
        ("resampling", settings.resampling, _resample),
        ("smoothing", settings.smoothing, _smooth),
    )
    given = measured = known_samples(motion.positions)
    current, records = motion, []
    swaps: tuple[LabelSwap, ...] = ()
    for name, chosen, apply in steps:
        if chosen is None:
            continue
        outcome = apply(current, chosen)
        records.append(_record(name, chosen, current, outcome))
        if name in {"confidence", "label_swaps", "outliers"}:
            measured = known_samples(outcome.motion.positions)
        if name == "label_swaps":
            swaps = outcome.swaps
            given = exchange(given, motion.skeleton, swaps)
        current = outcome.motion
    removed, filled = _masks(motion, current, given, measured)
    return Cleaned(current, tuple(records), removed, filled, swaps)


def _cut(motion: Motion, settings: ConfidenceSettings) -> _Outcome:
    kept = reject_low_scores(motion.positions, motion.joint_scores, settings.min_score)
    known = known_samples(motion.positions)
    scoreless = not motion.is_measured and known.any() and np.isnan(motion.joint_scores[known]).all()
    notes = ("no joint has a score: nothing was cut by confidence",) if scoreless else ()
    return _Outcome(replace(motion, positions=kept), notes)


def _put_sides_right(motion: Motion, settings: LabelSwapSettings) -> _Outcome:
    swaps = find_label_swaps(motion.timestamps_s, motion.positions, motion.skeleton, settings)
    put_right = partial(exchange, skeleton=motion.skeleton, swaps=swaps)
    exchanged = replace(motion, positions=put_right(motion.positions), joint_scores=put_right(motion.joint_scores))
    frames = sum(swap.last_frame - swap.first_frame + 1 for swap in swaps)
    notes = (f"exchanges of left and right put back: {len(swaps)}, in {frames} frames",) if swaps else ()
    return _Outcome(exchanged, notes, swaps)


def _reject(motion: Motion, settings: OutlierSettings) -> _Outcome:
    kept = replace(motion, positions=reject_outliers(motion.timestamps_s, motion.positions, settings))
    neighbours = np.floor(settings.max_window_s / 2 * motion.frame_rate_hz)
    if 2 * neighbours < settings.window // 2:
        note = f"outliers were not looked for: too few neighbours at {motion.frame_rate_hz:.4g} frames per second"
        return _Outcome(kept, (note,))
    return _Outcome(kept)


def _fill(motion: Motion, settings: GapSettings) -> _Outcome:
    filled = replace(motion, positions=fill_gaps(motion.timestamps_s, motion.positions, settings))
    known = known_samples(filled.positions)
    left = sum(max(len(unbroken_runs(column)) - 1, 0) for column in known.T)
    notes = (f"gaps of single joints longer than {settings.max_gap_s:g} s, left open: {left}",) if left else ()
    return _Outcome(filled, notes)


def _resample(motion: Motion, settings: ResamplingSettings) -> _Outcome:
    if len(motion) < 2 or (settings.rate_hz is None and is_even(motion.timestamps_s, settings.tolerance)):
        return _Outcome(motion)
    rate = settings.rate_hz or motion.frame_rate_hz
    times = even_grid(motion.timestamps_s, rate)
    # Neighbouring frames belong together at any frame rate.
    max_gap_s = max(settings.max_gap_s, _NEIGHBOURS / motion.frame_rate_hz)
    at_times = partial(interpolate, motion.timestamps_s, at_s=times, max_gap_s=max_gap_s)
    resampled = replace(
        motion,
        timestamps_s=times,
        positions=at_times(motion.positions, method=settings.method),
        joint_scores=at_times(motion.joint_scores[..., None], method="linear")[..., 0],
    )
    notes = []
    if settings.rate_hz is None:
        notes.append(f"the times of the frames are uneven: resampled to {rate:.4g} frames per second")
    if rate < motion.frame_rate_hz:
        notes.append(
            f"movement and noise faster than {rate / 2:.4g} Hz now look slower: fewer frames than there were"
        )
    return _Outcome(resampled, tuple(notes))


def _smooth(
    motion: Motion,
    settings: ButterworthSettings | OneEuroSettings | SavitzkyGolaySettings | MedianSettings,
) -> _Outcome:
    times, positions = motion.timestamps_s, motion.positions
    if isinstance(settings, ButterworthSettings):
        return _low_pass(motion, settings)
    if isinstance(settings, SavitzkyGolaySettings):
        return _Outcome(
            replace(motion, positions=savitzky_golay(positions, settings)), _too_short(positions, settings.window)
        )
    smoothed = (
        one_euro(times, positions, settings)
        if isinstance(settings, OneEuroSettings)
        else running_median(positions, settings)
    )
    return _Outcome(replace(motion, positions=smoothed))


def _low_pass(motion: Motion, settings: ButterworthSettings) -> _Outcome:
    rate = motion.frame_rate_hz
    if len(motion) < 2 or (settings.cutoff_hz is None and not passable(USUAL_CUTOFF_HZ, rate)):
        why = "one frame" if len(motion) < 2 else f"{rate:.4g} frames per second"
        return _Outcome(motion, (f"not low-pass filtered: {USUAL_CUTOFF_HZ:g} Hz is impossible with {why}",))
    filtered = replace(motion, positions=low_pass(motion.positions, rate, settings))
    notes = _too_short(motion.positions, shortest_filtered_run(settings))
    if not is_even(motion.timestamps_s, ResamplingSettings().tolerance):
        notes += ("filtered at uneven times: the cut-off varies with them; resample first",)
    return _Outcome(filtered, notes)


def _too_short(positions: Floats, min_frames: int) -> tuple[str, ...]:
    count = short_runs(positions, min_frames)
    return (f"runs of single joints shorter than {min_frames} frames, left unfiltered: {count}",) if count else ()


def _record(name: StepName, settings: FrozenModel, before: Motion, outcome: _Outcome) -> CleaningStep:
    known, known_after = known_samples(before.positions), known_samples(outcome.motion.positions)
    removed = filled = 0
    if outcome.motion.timestamps_s is before.timestamps_s:
        removed, filled = int((known & ~known_after).sum()), int((~known & known_after).sum())
        changed = int((known & known_after & (before.positions != outcome.motion.positions).any(-1)).sum())
    else:
        changed = int(known_after.sum())
    return CleaningStep(
        step=name,
        settings=settings.model_dump(),
        removed=removed,
        filled=filled,
        changed=changed,
        frames_before=len(before),
        frames_after=len(outcome.motion),
        coverage_before=_share(known),
        coverage_after=_share(known_after),
        warnings=outcome.warnings,
    )


def _share(known: NDArray[np.bool_]) -> float:
    return float(known.mean()) if known.size else 0.0


def _masks(
    motion: Motion, cleaned: Motion, given: NDArray[np.bool_], measured: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Removed and filled samples of the cleaned motion.

    Args:
        motion: as it was given.
        cleaned: perhaps at other times.
        given: which samples were known at first.
        measured: which of them were believed.
    """
    known = known_samples(cleaned.positions)
    if cleaned.timestamps_s is motion.timestamps_s:
        return given & ~known, known & ~measured
    ends = (motion.timestamps_s[1:] + motion.timestamps_s[:-1]) / 2
    nearest = np.searchsorted(ends, cleaned.timestamps_s)
    neighbours_s = _NEIGHBOURS / motion.frame_rate_hz
    across = bridged(motion.timestamps_s, measured, cleaned.timestamps_s, neighbours_s)
    return given[nearest] & ~known, known & across
