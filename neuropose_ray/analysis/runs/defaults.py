"""What is done where nobody configured anything, and where its reports go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.person_choice import PeopleChoice
from neuropose_ray.analysis.runs.config import (
    AnalysisConfig,
    InputsConfig,
    MovementConfig,
    OutputConfig,
    PreprocessingConfig,
)
from neuropose_ray.analysis.runs.trials import TrialSource, file_beside
from neuropose_ray.schemas.result_files import ANALYSIS_FILE, COHORT_FILE


def default_analysis(
    inputs: InputsConfig,
    report: Path,
    *,
    track: int | None = None,
    person_index: int = 0,
    person: PeopleChoice = "longest",
    capture_fps: float | None = None,
) -> AnalysisConfig:
    """The field's usual cleaning, then angles, repetitions and gait.

    Args:
        inputs: one trial, or several.
        report: where the report goes.
        track: a person by id.
        capture_fps: frames per second at which a slowed-down clip was taken.
        person_index: without ``track``, see :class:`~neuropose_ray.analysis.runs.config.PreprocessingConfig`.
        person: who comes first, where neither of them names somebody; of several trials also everybody.
    """
    return AnalysisConfig(
        inputs=inputs,
        preprocessing=PreprocessingConfig(
            track=track,
            person_index=person_index,
            person=person,
            capture_fps=capture_fps,
            cleaning=CleaningSettings(),
        ),
        analysis=MovementConfig(kind="movement"),
        output=OutputConfig(report=report),
    )


def report_beside(source: TrialSource, track: int | None = None) -> Path:
    """Where the report of a trial goes; with ``track`` that of one of all its people.

    Raises:
        InputNotFoundError: there are no predictions.
    """
    return file_beside(source, ANALYSIS_FILE if track is None else f"track{track}.{ANALYSIS_FILE}")


def cohort_report(sources: Sequence[TrialSource]) -> Path:
    """Where the report of several trials goes: into the deepest folder above all of them."""
    return Path(os.path.commonpath([source.path.absolute().parent for source in sources])) / COHORT_FILE
