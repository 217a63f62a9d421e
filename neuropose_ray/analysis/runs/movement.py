"""The kind ``movement``: what a movement lab asks of any recording, without being told what is in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import MovementConfig
from neuropose_ray.analysis.runs.movement_records import (
    AngleSummary,
    GaitRecord,
    MeasureSummary,
    MovementResults,
    RepetitionRecord,
    RepetitionsRecord,
)
from neuropose_ray.analysis.runs.recording import coverage_warnings
from neuropose_ray.analysis.runs.signals import resolve_signal

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


def analyse_movement(motion: Motion, config: MovementConfig) -> MovementResult:
    """Clinical angles, repetitions with their measures, and gait where steps are found.

    Args:
        motion: one person, cleaned; NaN as each part says it.
        config: which parts, and their settings.

    Raises:
        InputError: a joint that the configuration names is not there.
    """
    repetitions = gait = None
    of_repetitions: tuple[str, ...] = ()
    of_gait: tuple[str, ...] = ()
    if config.repetitions is not None:
        repetitions, of_repetitions = _repetitions(motion, config)
    if config.gait is not None and motion.skeleton.has(*_WALKED_WITH):
        gait, of_gait = _gait(motion, config)
    if gait is not None and repetitions is not None and not repetitions.records:
        of_repetitions = ()  # they say that these are steps, and the steps were found
    angles = None if config.angles is None else _angles(motion, config)
    of_angles = coverage_warnings({angle.name: angle.coverage or 0.0 for angle in angles or ()})
    return MovementResult(
        MovementResults(angles=angles, repetitions=repetitions, gait=gait), (*of_angles, *of_repetitions, *of_gait)
    )


def _angles(motion: Motion, config: MovementConfig) -> tuple[AngleSummary, ...]:
    from neuropose_ray.analysis.angles.clinical import clinical_angles

    table = clinical_angles(motion, config.angles)
    summaries = []
    for name, statistics in table.ranges().items():
        speeds = np.abs(table.velocity(name))
        peak = float(np.nanmax(speeds)) if np.isfinite(speeds).any() else np.nan
        summaries.append(AngleSummary(name=name, peak_velocity=peak, **asdict(statistics)))
    return tuple(summaries)


def _repetitions(motion: Motion, config: MovementConfig) -> tuple[RepetitionsRecord, tuple[str, ...]]:
    from neuropose_ray.analysis.measures.repetition import measure_repetitions
    from neuropose_ray.analysis.segmentation.repetitions import repetitions

    signal = None if config.repetition_signal is None else resolve_signal(config.repetition_signal, motion.skeleton)
    result = repetitions(motion, signal, config.repetitions)
    table = measure_repetitions(motion, result, config.measures)
    record = RepetitionsRecord(
        movement=table.movement,
        unit=table.unit,
        records=tuple(RepetitionRecord.model_validate(row) for row in table.rows()),
        summary={name: MeasureSummary(**asdict(summary)) for name, summary in table.summary.items()},
    )
    return record, result.warnings


def _gait(motion: Motion, config: MovementConfig) -> tuple[GaitRecord | None, tuple[str, ...]]:
    """No gait is no warning: most recordings are of something else."""
    from neuropose_ray.analysis.gait.events import gait_events
    from neuropose_ray.analysis.gait.parameters import gait_parameters

    events = gait_events(motion, config.gait)
    if not events.events:
        return None, ()
    parameters = gait_parameters(motion, events, config.gait)
    record = GaitRecord(events=events.events, parameters=parameters.parameters, symmetry=parameters.symmetry)
    return record, tuple(f"gait: {warning}" for warning in parameters.warnings)
