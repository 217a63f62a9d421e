"""The motions of many trials, and who computes their distances, for commands that compare trials with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from neuropose_ray.analysis import FailedTrial, Motion, PairDistances, PeopleChoice, TrialSource

#: So many trials have 5,000 pairs, some ten seconds of work, which is what a Ray of our own takes to start.
OWN_RAY_FROM_TRIALS_COMPARED = 100


ENGINE_HELP = (
    "Who compares: local (this process), ray, or auto: ray with an address or from "
    f"{OWN_RAY_FROM_TRIALS_COMPARED} trials on."
)


class Where(StrEnum):
    """Who does the work of many trials."""

    AUTO = "auto"
    LOCAL = "local"
    RAY = "ray"


@contextmanager
def who_compares(trials: int, engine: Where, address: str | None) -> Iterator[PairDistances]:
    """Who computes the distances of so many trials: this process, or a Ray for the time of the block.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    from neuropose_ray.analysis import distances_here, distances_on_ray

    if engine is Where.RAY or (engine is Where.AUTO and (address or trials >= OWN_RAY_FROM_TRIALS_COMPARED)):
        with connected_ray(address):
            yield distances_on_ray
    else:
        yield distances_here


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
    from dataclasses import replace

    from rich.progress import track

    from neuropose_ray.analysis import (
        ALL_PEOPLE,
        CleaningSettings,
        FailedTrial,
        PreprocessingConfig,
        load_trial,
        subject_of,
    )
    from neuropose_ray.errors import InputError

    console = Console(stderr=True)
    preprocessing = PreprocessingConfig(person=people, capture_fps=capture_fps, cleaning=CleaningSettings())
    motions: list[Motion | FailedTrial] = []
    for source in track(sources, "reading trials", console=console, transient=True, disable=not console.is_terminal):
        try:
            trial = load_trial(source.path, video=source.video)
            for who in trial.chosen_tracks(people):
                person = preprocessing.model_copy(update={"track": who})
                name = f"{source.name} track {who}" if people == ALL_PEOPLE and who is not None else source.name
                motions.append(replace(subject_of(trial, person).motion, name=name))
        except InputError as error:
            motions.append(FailedTrial(source.name, str(error)))
    return motions
