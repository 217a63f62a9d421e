"""Many trials, analysed alike: a task for each, here or on Ray, and one report of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from neuropose_ray.analysis.person_choice import ALL_PEOPLE
from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.report import AnalysisReport
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.analysis.runs.trials import TrialSource, expand_trials, load_trial
from neuropose_ray.cluster import RUN_AGAIN, cause_of, cluster_cpus, run_tasks
from neuropose_ray.errors import EngineError, InputError, NeuroposeRayError
from neuropose_ray.processes import run_in_processes, usable_cores
from neuropose_ray.schemas.header import SCHEMA_VERSION
from neuropose_ray.schemas.immutable import FrozenModel, Utf8Str
from neuropose_ray.schemas.json_files import save_model

#: Tasks given to Ray at a time, per processor: enough to keep it busy, few enough not to fill its memory.
_TASKS_PER_CPU = 4


class TrialOutcome(FrozenModel):
    """What became of one trial: a report, or an error of one line."""

    name: Utf8Str
    path: Utf8Str
    report: AnalysisReport | None = None
    error: Utf8Str | None = None
    error_code: str | None = None


class CohortReport(FrozenModel):
    """All trials of a cohort, in the order in which they were asked for, each exactly once."""

    schema_version: Literal[3] = SCHEMA_VERSION
    kind: Literal["cohort"] = "cohort"
    config: AnalysisConfig
    trials: tuple[TrialOutcome, ...] = Field(description="those that failed as well")

    @property
    def failed(self) -> tuple[TrialOutcome, ...]:
        """The trials that have no report."""
        return tuple(outcome for outcome in self.trials if outcome.report is None)


@dataclass(frozen=True, slots=True)
class TrialTask:
    """One trial's part of a cohort.

    Attributes:
        source: where the trial is, under a name that no other trial of the cohort has.
        config: the cohort's, with this trial as the primary.
        track: which of all people of the trial, where each is analysed.
    """

    source: TrialSource
    config: AnalysisConfig
    track: int | None = None


#: The outcomes of tasks with the tasks' places, in any order.
Outcomes = Iterator[tuple[int, TrialOutcome]]


def cohort_tasks(config: AnalysisConfig) -> list[TrialTask]:
    """One task for each trial of ``inputs.trials``, or for each person in them, as if it were the primary.

    Raises:
        InputError: the configuration is of one trial.
    """
    if not config.inputs.trials:
        raise InputError("the configuration is of one trial", hint="give several as inputs.trials")
    sources = expand_trials(config.inputs.trials)
    if config.preprocessing.person == ALL_PEOPLE:
        return [task for source in sources for task in _tasks_of_people(config, source)]
    return [TrialTask(source, _with_primary(config, source)) for source in sources]


def run_cohort(config: AnalysisConfig, tasks: Sequence[TrialTask], outcomes: Outcomes) -> CohortReport:
    """The report of all trials; a bad one never stops the others.

    Args:
        config: of the cohort.
        tasks: of :func:`cohort_tasks`.
        outcomes: of the same tasks, by :func:`analyse_here` or :func:`analyse_on_ray`.
    """
    by_index = dict(outcomes)
    return CohortReport(config=config, trials=tuple(by_index[index] for index in range(len(tasks))))


def analyse_trial(task: TrialTask) -> TrialOutcome:
    """The whole analysis of one trial; what a user can be told of becomes an error in the outcome."""
    try:
        return TrialOutcome(name=task.source.name, path=str(task.source.path), report=run_analysis(task.config))
    except NeuroposeRayError as error:
        return _failed(task, str(error), error.code)


def analyse_here(tasks: Sequence[TrialTask]) -> Outcomes:
    """One after the other in this process."""
    return ((index, analyse_trial(task)) for index, task in enumerate(tasks))


def analyse_in_processes(tasks: Sequence[TrialTask]) -> Outcomes:
    """In one process for each core of this machine; one that dies is an error of its trial.

    For commands: see :mod:`neuropose_ray.processes`.
    """
    numbered = list(enumerate(tasks))
    outcomes = run_in_processes(_analyse_numbered, numbered, processes=usable_cores(), hint=RUN_AGAIN)
    for (index, task), outcome in outcomes:
        yield index, _failed(task, str(outcome), outcome.code) if isinstance(outcome, EngineError) else outcome


def analyse_on_ray(tasks: Sequence[TrialTask]) -> Outcomes:
    """As tasks of the Ray that the caller has connected to; a worker that dies is an error of its trial."""
    outcomes = run_tasks(
        _analyse_numbered,
        enumerate(tasks),
        name=lambda numbered: f"analyse {numbered[1].source.name}",
        at_once=_TASKS_PER_CPU * cluster_cpus(),
    )
    for (index, task), outcome in outcomes:
        if isinstance(outcome, Exception):
            error = cause_of(outcome, RUN_AGAIN)
            yield index, _failed(task, str(error), error.code)
        else:
            yield index, outcome


def save_cohort(path: Path, cohort: CohortReport) -> None:
    """Write a cohort's report as JSON, atomically.

    Raises:
        OutputError: the file system refuses.
    """
    save_model(path, cohort)


def _analyse_numbered(numbered: tuple[int, TrialTask]) -> TrialOutcome:
    _, task = numbered
    return analyse_trial(task)


def _failed(task: TrialTask, error: str, code: str) -> TrialOutcome:
    return TrialOutcome(name=task.source.name, path=str(task.source.path), error=error, error_code=code)


def _tasks_of_people(config: AnalysisConfig, source: TrialSource) -> list[TrialTask]:
    """A task for each person of a trial; a trial without tracks, or that cannot be read, is one task."""
    try:
        tracks = load_trial(source.path, video=source.video).tracks
    except InputError:
        tracks = []
    config = _with_primary(config, source)
    if not tracks:
        return [TrialTask(source, config)]
    return [
        TrialTask(replace(source, name=f"{source.name} track {track}"), _with_track(config, track), track)
        for track in sorted(tracks)
    ]


def _with_track(config: AnalysisConfig, track: int) -> AnalysisConfig:
    person = config.preprocessing.model_copy(update={"track": track, "person": "longest"})
    return config.model_copy(update={"preprocessing": person})


def _with_primary(config: AnalysisConfig, source: TrialSource) -> AnalysisConfig:
    """Paths become absolute: workers have another working folder."""
    reference = config.inputs.reference
    inputs = config.inputs.model_copy(
        update={
            "primary": source.path.absolute(),
            "primary_video": source.video,
            "reference": reference and reference.absolute(),
            "trials": (),
        }
    )
    return config.model_copy(update={"inputs": inputs})
