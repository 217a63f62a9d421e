"""Measures of poses beside the same measures of the truth, and the table of their errors."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from neuropose_ray.analysis import (
    ANGLE_BANDS,
    REPETITION_BANDS,
    Conditions,
    ErrorTable,
    MeasuredError,
    Motion,
    MovementConfig,
    MovementResults,
    RepetitionRecord,
    analyse_movement,
    angle_measure,
    body_measure,
    clean,
    gait_measure,
    is_relative,
    load_motion,
    near_side,
    repetition_measure,
    side_of,
    symmetry_measure,
    unit_of,
    view_deg,
)
from neuropose_ray.evaluate.clips import Clip
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

_SKELETON = Skeleton(name="landmarks", joint_names=LANDMARKS)
#: From the axes of a laboratory, whose y points up, to those of a camera.
_Y_DOWN = np.array([1.0, -1.0, -1.0])
#: Repetitions whose peaks are this near to each other are the same one.
_SAME_PEAK_S = 0.5
#: The share of errors that a band is made to hold: more than it promises, so that movements which are not in the
#: table keep the promise. Each movement left out in turn, 85 to 90 % were inside of bands made for 90 %.
_MADE_FOR = 0.95
#: By how much the largest of too few errors is enlarged, and below what no error is known, by unit.
_FEW_SAMPLES = 1.2
_LEAST = {"s": 0.03, "deg": 2.0, "%": 3.0, "m": 0.01, "share": 0.03, "": 0.05}


@dataclass(frozen=True, slots=True)
class ErrorSample:
    """One measure of one recording.

    Attributes:
        measure: its name in the table.
        view: from where the person was seen.
        value: as the poses have it.
        truth: as the truth has it.
    """

    measure: str
    view: str
    value: float
    truth: float


def error_samples(estimate: Motion, truth: Motion) -> Iterator[ErrorSample]:
    """Every measure that poses and truth both have.

    Args:
        estimate: one person's poses from video, cleaned.
        truth: the same person's true joints on the same clock, cleaned alike.
    """
    conditions = Conditions(from_video=True, view_deg=view_deg(estimate), near=near_side(estimate))
    config = MovementConfig(kind="movement")
    here, there = (analyse_movement(motion, config).results for motion in (estimate, truth))
    for measure, side, value, true in (
        *_angles(here, there),
        *_repetitions(here, there),
        *_gait(here, there),
        *_body(here, there),
    ):
        if value is not None and true is not None and math.isfinite(value) and math.isfinite(true):
            yield ErrorSample(measure, conditions.view_of(side), value, true)


def clip_samples(clip: Clip) -> Iterator[ErrorSample]:
    """The measures of a clip, of the person who is seen longest, beside those of its reference.

    Raises:
        InputError: a file is missing or not what it should be.
    """
    reference = read_reference(clip.reference)
    joints = reference.landmarks if reference.of_the_video else reference.landmarks * _Y_DOWN
    scores = np.ones(joints.shape[:2])
    truth = Motion(str(clip.reference), _SKELETON, reference.timestamps_s, joints, scores, is_measured=True)
    yield from error_samples(clean(load_motion(clip.results)).motion, clean(truth).motion)


def table_of_errors(samples: Iterable[ErrorSample], source: str) -> ErrorTable:
    """For each measure and view what 95 % of new errors are expected to stay within.

    The quantile is that of split conformal prediction (Lei et al. 2018, JASA 113(523)), which holds for samples of
    any distribution; where there are too few for it, the largest error enlarged by a fifth.
    """
    sizes: Mapping[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        size = abs(sample.value - sample.truth)
        if is_relative(sample.measure):
            if sample.value == 0:
                continue
            size /= abs(sample.value)
        sizes[sample.measure][sample.view].append(size)
    return ErrorTable(
        source=source,
        errors={
            measure: {view: _measured(errors, measure) for view, errors in sorted(by_view.items())}
            for measure, by_view in sorted(sizes.items())
        },
    )


def _measured(errors: list[float], measure: str) -> MeasuredError:
    ordered = sorted(errors)
    rank = math.ceil((len(ordered) + 1) * _MADE_FOR)
    half = ordered[rank - 1] if rank <= len(ordered) else ordered[-1] * _FEW_SAMPLES
    kind = "relative" if is_relative(measure) else "absolute"
    half = max(half, _LEAST["share" if kind == "relative" else unit_of(measure)])
    return MeasuredError(half_width=float(f"{half:.3g}"), kind=kind, samples=len(ordered))


#: Measure, side of the body, value, true value.
_Pair = tuple[str, str | None, float | None, float | None]


def _angles(here: MovementResults, there: MovementResults) -> Iterator[_Pair]:
    true = {angle.name: angle for angle in there.angles or ()}
    for angle in here.angles or ():
        for statistic in ANGLE_BANDS if angle.name in true else ():
            yield (
                angle_measure(angle.name, statistic),
                side_of(angle.name),
                getattr(angle, statistic),
                getattr(true[angle.name], statistic),
            )


def _repetitions(here: MovementResults, there: MovementResults) -> Iterator[_Pair]:
    ours, theirs = here.repetitions, there.repetitions
    if ours is None or theirs is None or ours.movement != theirs.movement:
        return
    for record in ours.records:
        same = _nearest(record, theirs.records)
        for name in REPETITION_BANDS if same is not None else ():
            yield repetition_measure(ours.movement, name), record.side, getattr(record, name), getattr(same, name)


def _nearest(record: RepetitionRecord, others: Iterable[RepetitionRecord]) -> RepetitionRecord | None:
    near = [
        other for other in others if other.side == record.side and abs(other.peak_s - record.peak_s) <= _SAME_PEAK_S
    ]
    return min(near, key=lambda other: abs(other.peak_s - record.peak_s), default=None)


def _gait(here: MovementResults, there: MovementResults) -> Iterator[_Pair]:
    if here.gait is None or there.gait is None:
        return
    rows = {(row.name, row.side): row.mean for row in there.gait.parameters}
    for row in here.gait.parameters:
        yield gait_measure(row.name), row.side, row.mean, rows.get((row.name, row.side))
    symmetries = {row.name: row.symmetry_index_percent for row in there.gait.symmetry}
    for symmetry in here.gait.symmetry:
        yield symmetry_measure(symmetry.name), None, symmetry.symmetry_index_percent, symmetries.get(symmetry.name)


def _body(here: MovementResults, there: MovementResults) -> Iterator[_Pair]:
    if here.body is None or there.body is None:
        return
    true = {measure.name: measure.value for measure in there.body.measures}
    for measure in here.body.measures:
        yield body_measure(measure.name), None, measure.value, true[measure.name]


def share_inside(table: ErrorTable, samples: Iterable[ErrorSample]) -> float:
    """Which share of the true values lies inside of the bands of a table; NaN without samples."""
    inside = []
    for sample in samples:
        error = table.error(sample.measure, sample.view)
        if error is not None:
            half = error.half_width * (abs(sample.value) if error.kind == "relative" else 1.0)
            inside.append(abs(sample.value - sample.truth) <= half)
    return float(np.mean(inside)) if inside else float("nan")
