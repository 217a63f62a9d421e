"""The kind ``movement``: what a movement lab asks of any recording, without being told what is in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from neuropose_ray.analysis.body.running import Run
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.body import BodyAnalysis, analyse_body, without_running
from neuropose_ray.analysis.runs.config import MovementConfig
from neuropose_ray.analysis.runs.movement_records import (
    ANGLE_STATISTICS,
    AngleSummary,
    GaitRecord,
    MeasureSummary,
    MovementResults,
    RepetitionRecord,
    RepetitionsRecord,
)
from neuropose_ray.analysis.runs.recording import coverage_warnings
from neuropose_ray.analysis.runs.signals import resolve_signal
from neuropose_ray.analysis.uncertainty.bands import (
    angle_bands,
    repetition_bands,
    why_unreliable,
    with_gait_band,
    with_symmetry_band,
)
from neuropose_ray.analysis.uncertainty.conditions import MEASURED, Conditions, doubtful_frames
from neuropose_ray.analysis.uncertainty.records import Remark

#: Without these no step can be found.
_WALKED_WITH = ("left_hip", "right_hip", "left_ankle", "right_ankle")


@dataclass(frozen=True, slots=True)
class MovementResult:
    """What a movement analysis gives.

    Attributes:
        results: as the report has them.
        warnings: what a reader of the numbers should know.
    """

    results: MovementResults
    warnings: tuple[str, ...]


def analyse_movement(motion: Motion, config: MovementConfig, conditions: Conditions = MEASURED) -> MovementResult:
    """Clinical angles, repetitions with their measures, gait where steps are found, and the whole body.

    Args:
        motion: one person, cleaned; NaN as each part says it.
        config: which parts, and their settings.
        conditions: how the person was recorded, on which the error bands depend.

    Raises:
        InputError: a joint that the configuration names is not there.
    """
    repetitions = gait = None
    body = BodyAnalysis(None, (), ()) if config.body is None else analyse_body(motion, config.body, conditions)
    of_repetitions: tuple[str, ...] = ()
    of_gait: tuple[str, ...] = ()
    remarks: list[Remark] = []
    if config.repetitions is not None:
        repetitions, of_repetitions, reason = _repetitions(motion, config, conditions)
        remarks += [Remark(kind="nothing_found", concerns="repetitions", sentence=reason)] if reason else []
    if config.gait is not None and motion.skeleton.has(*_WALKED_WITH):
        gait, of_gait, refused = _gait(motion, config, conditions, body.runs)
        remarks += [Remark(kind="steps_refused", concerns="gait", sentence=reason) for reason in refused]
    if gait is not None and repetitions is not None and not repetitions.records:
        of_repetitions, remarks = (), []  # nothing repeats because somebody walks
    elif repetitions is not None and repetitions.records:
        remarks = []  # no gait is no news: most recordings are of something else
    angles, implausible = (None, ()) if config.angles is None else _angles(motion, config, conditions)
    of_angles = coverage_warnings({angle.name: angle.coverage or 0.0 for angle in angles or ()})
    remarks += [*implausible, *body.remarks]
    reasons = tuple(remark.sentence for remark in remarks if remark.kind != "not_reliable")
    return MovementResult(
        MovementResults(angles=angles, repetitions=repetitions, gait=gait, body=body.record, remarks=tuple(remarks)),
        (*reasons, *of_angles, *of_repetitions, *of_gait),
    )


def _angles(
    motion: Motion, config: MovementConfig, conditions: Conditions
) -> tuple[tuple[AngleSummary, ...], tuple[Remark, ...]]:
    """Every angle over the frames that can be used, which cannot be relied on, and which values no body reaches."""
    from neuropose_ray.analysis.angles.clinical import clinical_angles
    from neuropose_ray.analysis.angles.extremes import angle_extremes
    from neuropose_ray.analysis.uncertainty.frames import usable_frames

    table = clinical_angles(motion, config.angles)
    usable = usable_frames(motion, doubtful_frames(motion, conditions))
    summaries, remarks = [], []
    for name in table.names:
        found = angle_extremes(table, name, usable)
        numbers = {statistic: getattr(found, statistic) for statistic in ANGLE_STATISTICS}
        unsure = why_unreliable(name, conditions) if found.coverage else ""  # of nothing nobody needs to be warned
        reason = unsure or ("" if found.reliable else found.remark)
        if unsure:
            remarks.append(Remark(kind="not_reliable", concerns=name, sentence=unsure))
        if found.remark:
            remarks.append(Remark(kind="implausible", concerns=name, sentence=found.remark))
        summaries.append(
            AngleSummary(
                name=name, reliable=not reason, reason=reason, bands=angle_bands(name, numbers, conditions), **numbers
            )
        )  # fmt: skip
    return tuple(summaries), tuple(remarks)


def _repetitions(
    motion: Motion, config: MovementConfig, conditions: Conditions
) -> tuple[RepetitionsRecord, tuple[str, ...], str]:
    """The repetitions, what makes them unsure, and why there are none."""
    from neuropose_ray.analysis.measures.repetition import measure_repetitions
    from neuropose_ray.analysis.segmentation.repetitions import repetitions

    signal = None if config.repetition_signal is None else resolve_signal(config.repetition_signal, motion.skeleton)
    result = repetitions(motion, signal, config.repetitions)
    table = measure_repetitions(motion, result, config.measures)
    means = repetition_bands(
        table.movement, table.unit, {name: summary.mean for name, summary in table.summary.items()}, conditions
    )
    rows = [
        row | {"bands": repetition_bands(table.movement, table.unit, asdict(measures), conditions, str(row["side"]))}
        for row, measures in zip(table.rows(), table.measures, strict=True)
    ]
    record = RepetitionsRecord(
        movement=table.movement,
        unit=table.unit,
        records=tuple(RepetitionRecord.model_validate(row) for row in rows),
        summary={
            name: MeasureSummary(**asdict(summary), band=means.get(name)) for name, summary in table.summary.items()
        },
    )
    return record, result.warnings, result.reason


def _gait(
    motion: Motion, config: MovementConfig, conditions: Conditions, runs: tuple[Run, ...]
) -> tuple[GaitRecord | None, tuple[str, ...], tuple[str, ...]]:
    """The walk, what makes it unsure, and why there is none."""
    from neuropose_ray.analysis.gait.events import gait_events
    from neuropose_ray.analysis.gait.parameters import gait_parameters

    events = without_running(gait_events(motion, config.gait), runs)
    if not events.events:
        return None, (), () if runs else events.refused
    parameters = gait_parameters(motion, events, config.gait)
    record = GaitRecord(
        events=events.events,
        parameters=tuple(with_gait_band(row, conditions) for row in parameters.parameters),
        symmetry=tuple(with_symmetry_band(row, conditions) for row in parameters.symmetry),
    )
    return record, tuple(f"gait: {warning}" for warning in parameters.warnings), ()
