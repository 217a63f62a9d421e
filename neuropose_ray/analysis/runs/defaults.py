"""What is done where nobody configured anything, and where its reports go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.runs.config import (
    AnalysisConfig,
    InputsConfig,
    MovementConfig,
    OutputConfig,
    PreprocessingConfig,
)
from neuropose_ray.analysis.runs.trials import TrialSource, file_beside

#: Beside a trial's predictions, and above the folders of several trials.
REPORT_FILE, COHORT_FILE = "analysis.json", "cohort.json"


def default_analysis(
    inputs: InputsConfig, report: Path, *, track: int | None = None, person_index: int = 0
) -> AnalysisConfig:
    """The field's usual cleaning, then angles, repetitions and gait.

    Args:
        inputs: one trial, or several.
        report: where the report goes.
        track: a person by id.
        person_index: without ``track``, see :class:`~neuropose_ray.analysis.runs.config.PreprocessingConfig`.
    """
    return AnalysisConfig(
        inputs=inputs,
        preprocessing=PreprocessingConfig(track=track, person_index=person_index, cleaning=CleaningSettings()),
        analysis=MovementConfig(kind="movement"),
        output=OutputConfig(report=report),
    )


def report_beside(source: TrialSource) -> Path:
    """Where the report of a trial goes.

    Raises:
        InputNotFoundError: there are no predictions.
    """
    return file_beside(source, REPORT_FILE)


def cohort_report(sources: Sequence[TrialSource]) -> Path:
    """Where the report of several trials goes: into the deepest folder above all of them."""
    return Path(os.path.commonpath([source.path.absolute().parent for source in sources])) / COHORT_FILE
