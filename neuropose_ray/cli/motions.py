"""The motions of many trials, and who computes their distances, for commands that compare trials with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from neuropose_ray.analysis import FailedTrial, Motion, PairDistances, PeopleChoice, TrialSource

#: So many trials have 1,200 pairs, some seconds of work, and a process takes a second of a core to start.
PROCESSES_FROM_TRIALS_COMPARED = 50
#: To read and clean a trial takes about a fifth of a second.
PROCESSES_FROM_TRIALS_READ = 24


ENGINE_HELP = "Who compares: local (the cores of this machine), ray, or auto: ray with an address."


class Where(StrEnum):
    """Who does the work of many trials."""

    AUTO = "auto"
    LOCAL = "local"
    RAY = "ray"


@contextmanager
def who_compares(trials: int, engine: Where, address: str | None) -> Iterator[PairDistances]:
    """Who computes the distances of so many trials: this process, others beside it, or a Ray while the block lasts.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    from neuropose_ray.analysis import distances_here, distances_in_processes, distances_on_ray

    if on_ray(engine, address):
        with connected_ray(address):
            yield distances_on_ray
    else:
        yield distances_in_processes if trials >= PROCESSES_FROM_TRIALS_COMPARED else distances_here


def on_ray(engine: Where, address: str | None) -> bool:
    """Whether the work goes to Ray, as it was asked for: for the cores of one machine it takes too long to start."""
    return engine is Where.RAY or (engine is Where.AUTO and address is not None)


@contextmanager
def connected_ray(address: str | None) -> Iterator[None]:
    """The Ray of that address or of RAY_ADDRESS, else one of our own for the time of the block.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    import os

    from neuropose_ray.cluster import OWN_RAY, connected

    with connected(address or os.environ.get("RAY_ADDRESS") or OWN_RAY):
        yield


def cleaned_motions(
    sources: Sequence[TrialSource], people: PeopleChoice = "longest", capture_fps: float | None = None
) -> list[Motion | FailedTrial]:
    """One person of each trial, or everybody, cleaned by default, with progress on a terminal.

    Args:
        sources: the trials.
        people: a rule that chooses a person of each trial; everybody is a motion each, named "NAME track N".
        capture_fps: frames per second at which slowed-down clips were taken; None for what the files say.

    Returns:
        An entry for each source and person, in order; a trial that cannot be read is one that failed.
    """
    from rich.progress import track

    console = Console(stderr=True)
    reading = track(
        _read(sources, people, capture_fps), "reading trials", total=len(sources), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    motions = dict(reading)
    return [motion for position in range(len(sources)) for motion in motions[position]]


def _read(
    sources: Sequence[TrialSource], people: PeopleChoice, capture_fps: float | None
) -> Iterator[tuple[int, list[Motion | FailedTrial]]]:
    """The motions of each source with its position, in any order."""
    from neuropose_ray.analysis import FailedTrial
    from neuropose_ray.cluster import RUN_AGAIN
    from neuropose_ray.errors import EngineError
    from neuropose_ray.processes import run_in_processes, usable_cores

    if len(sources) < PROCESSES_FROM_TRIALS_READ or usable_cores() < 2:
        yield from enumerate(cleaned_motions_of((0, source), people, capture_fps) for source in sources)
        return
    numbered = list(enumerate(sources))
    outcomes = run_in_processes(
        cleaned_motions_of, numbered, people, capture_fps, processes=usable_cores(), hint=RUN_AGAIN
    )
    for (position, source), read in outcomes:
        yield position, [FailedTrial(source.name, str(read))] if isinstance(read, EngineError) else read


def cleaned_motions_of(
    numbered: tuple[int, TrialSource], people: PeopleChoice, capture_fps: float | None
) -> list[Motion | FailedTrial]:
    """What :func:`cleaned_motions` has for one source, which comes with its position."""
    from dataclasses import replace

    from neuropose_ray.analysis import (
        ALL_PEOPLE,
        CleaningSettings,
        FailedTrial,
        PreprocessingConfig,
        load_trial,
        subject_of,
    )
    from neuropose_ray.errors import InputError

    _, source = numbered
    preprocessing = PreprocessingConfig(person=people, capture_fps=capture_fps, cleaning=CleaningSettings())
    motions: list[Motion | FailedTrial] = []
    try:
        trial = load_trial(source.path, video=source.video)
        for who in trial.chosen_tracks(people):
            person = preprocessing.model_copy(update={"track": who})
            name = f"{source.name} track {who}" if people == ALL_PEOPLE and who is not None else source.name
            motions.append(replace(subject_of(trial, person).motion, name=name))
    except InputError as error:
        motions.append(FailedTrial(source.name, str(error)))
    return motions
