"""One configured analysis, from the files that it names to its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.comparison import FULL_TRIAL, compare_motions
from neuropose_ray.analysis.runs.config import (
    AnalysisConfig,
    BilateralGaitCyclesConfig,
    DtwConfig,
    ExtractorConfig,
    GaitCyclesConfig,
    MovementConfig,
    NoAnalysisConfig,
    StatsConfig,
    analysis_config_to_dict,
)
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.runs.report import (
    AnalysisReport,
    NoResults,
    Results,
    SignalStatistics,
    StatsResults,
)
from neuropose_ray.analysis.runs.signals import resolve_signal
from neuropose_ray.analysis.runs.subjects import Subject, load_subject, subject_of
from neuropose_ray.analysis.segmentation.extractors import extract_signal
from neuropose_ray.analysis.segmentation.gait_cycles import segment_gait_cycles, segment_gait_cycles_bilateral
from neuropose_ray.analysis.segmentation.predictions import segment_predictions
from neuropose_ray.analysis.segmentation.unfound import why_no_segments
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.segmentation import Segmentation

_Segmentations = Mapping[str, Segmentation]


def run_analysis(config: AnalysisConfig) -> AnalysisReport:
    """Load, clean, segment and analyse what a configuration of one trial names.

    Everything concerns the person that ``preprocessing`` names, segments included. A segmentation without segments
    gives empty results. What is not known is null in the report.

    Raises:
        InputError: a file or person is not there or cannot be used; the configuration is of several trials.
    """
    if config.inputs.primary is None:
        raise InputError("the configuration is of several trials", hint="run them as a cohort")
    needs_times = isinstance(config.analysis, MovementConfig)
    primary = load_subject(
        config.inputs.primary, config.inputs.primary_video, config.preprocessing, needs_times=needs_times
    )
    reference = None
    if config.inputs.reference is not None:
        reference = load_subject(
            config.inputs.reference, config.inputs.reference_video, config.preprocessing, needs_times=needs_times
        )
    segmentations = _segment(primary, config)
    results, warnings = _analyse(primary, reference, segmentations, config)
    return AnalysisReport(
        config=config,
        provenance=_with_config(primary.trial.header.provenance, config),
        primary=primary.summary,
        reference=reference and reference.summary,
        segmentations=segmentations,
        results=results,
        warnings=(
            *_of_both(primary.warnings, reference.warnings if reference else ()),
            *_empty(primary.motion, segmentations),
            *warnings,
        ),
    )


def _of_both(primary: Sequence[str], reference: Sequence[str]) -> Iterator[str]:
    """The warnings of two trials, each once, saying which trial they are of where it is not the primary alone."""
    for warning in primary:
        yield f"primary and reference: {warning}" if warning in reference else warning
    for warning in reference:
        if warning not in primary:
            yield f"reference: {warning}"


def _with_config(provenance: Provenance | None, config: AnalysisConfig) -> Provenance | None:
    if provenance is None:
        return None
    return Provenance(**provenance.model_dump() | {"analysis_config": analysis_config_to_dict(config)})


def _segment(subject: Subject, config: AnalysisConfig) -> _Segmentations:
    """The segments that the configuration asks for, by their names in the report."""
    choice = config.segmentation
    match choice:
        case None:
            return {}
        case GaitCyclesConfig():
            options = choice.model_dump(exclude={"kind"})
            return {f"{choice.joint}_cycles": _of_person(segment_gait_cycles(subject.motion, **options), config)}
        case BilateralGaitCyclesConfig():
            options = choice.model_dump(exclude={"kind"})
            segmentations = segment_gait_cycles_bilateral(subject.motion, **options)
            return {key: _of_person(segmentation, config) for key, segmentation in segmentations.items()}
        case ExtractorConfig():
            return {choice.label: _segment_signal(subject, choice, config)}


def _empty(motion: Motion, segmentations: _Segmentations) -> tuple[str, ...]:
    """Why segmentations are empty."""
    reasons = ((name, why_no_segments(motion, segmentation)) for name, segmentation in segmentations.items())
    return tuple(f"{name}: {reason}" for name, reason in reasons if reason is not None)


def _segment_signal(subject: Subject, choice: ExtractorConfig, config: AnalysisConfig) -> Segmentation:
    if choice.person_index is not None and choice.person_index != config.preprocessing.person_index:
        person = config.preprocessing.model_copy(update={"person_index": choice.person_index, "track": None})
        config = config.model_copy(update={"preprocessing": person})
        subject = subject_of(subject.trial, person, needs_times=False)
    options = choice.model_dump(exclude={"kind", "extractor", "label", "person_index"})
    signal = resolve_signal(choice.extractor, subject.motion.skeleton)
    return _of_person(segment_predictions(subject.motion, signal, **options), config)


def _of_person(segmentation: Segmentation, config: AnalysisConfig) -> Segmentation:
    """The same segments; a motion does not know which person of the video it is."""
    person = {"person_index": config.preprocessing.person_index, "track_id": config.preprocessing.track}
    return segmentation.model_copy(update={"config": segmentation.config.model_copy(update=person)})


def _analyse(
    primary: Subject, reference: Subject | None, segmentations: _Segmentations, config: AnalysisConfig
) -> tuple[Results, tuple[str, ...]]:
    """The results, and what a reader of them should know."""
    analysis = config.analysis
    match analysis:
        case DtwConfig() if reference is not None:
            compared = compare_motions(
                primary.motion, reference.motion, segmentations, _segment(reference, config), analysis
            )
            return compared.results, compared.warnings
        case StatsConfig():
            return _statistics(primary.motion, segmentations, analysis), ()
        case MovementConfig():
            moved = analyse_movement(primary.motion, analysis, primary.conditions)
            return moved.results, moved.warnings
        case DtwConfig() | NoAnalysisConfig():
            return NoResults(), ()


def _statistics(motion: Motion, segmentations: _Segmentations, config: StatsConfig) -> StatsResults:
    from neuropose_ray.analysis.statistics import extract_feature_statistics

    signal = resolve_signal(config.extractor, motion.skeleton)
    parts: dict[str, NDArray[np.float64]] = {
        f"{key}[{index}]": motion.positions[segment.start : segment.end]
        for key, segmentation in segmentations.items()
        for index, segment in enumerate(segmentation.segments)
    }
    if not segmentations:
        parts = {FULL_TRIAL: motion.positions}
    blocks = [extract_feature_statistics(extract_signal(part, signal)) for part in parts.values()]
    fields: list[dict[str, Any]] = [
        {name: getattr(block, name) for name in SignalStatistics.model_fields} for block in blocks
    ]
    return StatsResults(statistics=tuple(SignalStatistics(**block) for block in fields), segment_labels=tuple(parts))
