"""How far each of many trials is from each other: blocks of pairs in this process or as Ray tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.analysis.dtw.channels import ChannelSettings, trial_channels
from neuropose_ray.analysis.dtw.settings import WarpingSettings, distance_unit
from neuropose_ray.analysis.dtw.warping import warp_distance
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.cluster import RUN_AGAIN, cause_of, cluster_cpus, run_tasks
from neuropose_ray.errors import EngineError, InputError
from neuropose_ray.processes import run_in_processes, usable_cores
from neuropose_ray.schemas.immutable import FrozenModel, ReadOnlyMapping

#: Blocks of pairs given to Ray at a time, per processor: enough to keep it busy, few enough not to fill its memory.
_TASKS_PER_CPU = 4

Channels = Sequence[NDArray[np.float64]]


class DistanceMatrixSettings(FrozenModel):
    """How trials are compared with each other."""

    channels: ChannelSettings = ChannelSettings()
    warping: WarpingSettings = Field(
        default=WarpingSettings(band=0.1, path_normalise=True),
        description="per pair, so that long trials are no farther apart than short ones, within a tempo change of a "
        "tenth; not z-normalised, since angles have one unit and the noise of still joints would grow to their size",
    )
    neighbours: int = Field(default=5, ge=1, description="how many nearest trials are named for each")
    pairs_per_task: int = Field(
        default=200,
        ge=1,
        description="about half a second of work for trials of 300 frames: long against a task's cost",
    )


@dataclass(frozen=True, slots=True)
class FailedTrial:
    """A trial that could not be read; it keeps its place in the matrix."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class DistanceMatrix:
    """Distances between trials.

    Attributes:
        names: of the trials, in the order given.
        matrix: ``(trials, trials)``, symmetric, zero on the diagonal; NaN in the row and the column of a trial that
            failed.
        unit: of the distances: mm, rad, or SD after z-normalisation; per pair of frames where the warping says so.
        neighbours: for each trial the names of the nearest others, nearest first; none for one that failed.
        order: the trials for a clustered heat map, like beside like; those that failed are last.
        errors: what is wrong with those that failed, a line each.
        settings: how they were compared.
        repetitions: of the trials that can be compared, how many repetitions each has; 0 where nothing repeats.
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    neighbours: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    errors: Mapping[str, str]
    settings: DistanceMatrixSettings
    unit: str = ""
    repetitions: Mapping[str, int] = field(default_factory=lambda: ReadOnlyMapping({}))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the distances should know."""
        if len(set(self.repetitions.values())) < 2:
            return ()
        (usual, trials), *_ = Counter(self.repetitions.values()).most_common(1)
        listed = [f"{name} {count}" for name, count in self.repetitions.items() if count != usual or trials == 1]
        if trials > 1:
            listed.insert(0, f"{usual} in {trials} of {len(self.repetitions)} trials")
        return (differing_repetitions(", ".join(listed)),)


def differing_repetitions(counts: str) -> str:
    """The warning of whoever compares trials with different numbers of repetitions."""
    return (
        f"the numbers of repetitions differ ({counts}): cut the trials to the same number for distances that mean "
        "something"
    )


#: Distances of pairs: channels of the trials, ``(pairs, 2)`` positions and settings to ``(pairs,)``.
PairDistances = Callable[[Channels, NDArray[np.int64], DistanceMatrixSettings], NDArray[np.float64]]


def distances_here(
    channels: Channels, pairs: NDArray[np.int64], settings: DistanceMatrixSettings
) -> NDArray[np.float64]:
    """One after the other in this process; see :data:`PairDistances`."""
    return pair_distances(channels, pairs, settings.warping)


def distance_matrix(
    trials: Sequence[Motion | FailedTrial],
    settings: DistanceMatrixSettings = DistanceMatrixSettings(),
    *,
    distances: PairDistances = distances_here,
) -> DistanceMatrix:
    """Compare every trial with every other.

    A trial that cannot be compared has NaN distances and its error is listed; it never stops the others.

    Args:
        trials: with distinct names.
        settings: how they are compared.
        distances: who computes: :func:`distances_here`, or :func:`distances_on_ray` on the Ray that the caller has
            connected to.

    Raises:
        InputError: two trials have the same name, or there are none.
        EngineError: Ray failed.
    """
    names = tuple(trial.name for trial in trials)
    if not names or len(set(names)) < len(names):
        raise InputError("trials need distinct names, at least one", where="distance matrix")
    channels, repetitions, errors = _comparable(trials, settings.channels)
    good = [position for position, name in enumerate(names) if name not in errors]
    compact = np.zeros((len(good), len(good)))
    pairs = np.stack(np.triu_indices(len(good), 1), axis=1)
    compact[pairs[:, 0], pairs[:, 1]] = distances(channels, pairs, settings)
    matrix = np.full((len(names), len(names)), np.nan)
    matrix[np.ix_(good, good)] = compact + compact.T
    order = [good[position] for position in clustered_order(matrix[np.ix_(good, good)])]
    order += [position for position in range(len(names)) if position not in good]
    return DistanceMatrix(
        names=names,
        matrix=matrix,
        neighbours=ReadOnlyMapping(
            {
                name: tuple(names[neighbour] for neighbour in nearest(matrix, position)[: settings.neighbours])
                for position, name in enumerate(names)
            }
        ),
        order=tuple(names[position] for position in order),
        errors=ReadOnlyMapping(errors),
        settings=settings,
        unit=distance_unit(settings.channels.representation, settings.warping),
        repetitions=ReadOnlyMapping(repetitions),
    )


def pair_distances(channels: Channels, pairs: NDArray[np.int64], warping: WarpingSettings) -> NDArray[np.float64]:
    """``(pairs,)`` distances between the sequences ``(frames, channels)`` at each of the ``(pairs, 2)`` positions."""
    values = [warp_distance(channels[row], channels[column], warping) for row, column in pairs.tolist()]
    return np.array(values, np.float64)


def nearest(matrix: NDArray[np.float64], position: int) -> list[int]:
    """The other trials of a ``(trials, trials)`` matrix, nearest first, without those at a NaN distance."""
    row = matrix[position]
    return [
        int(candidate)
        for candidate in np.argsort(row, kind="stable")
        if candidate != position and np.isfinite(row[candidate])
    ]


def clustered_order(matrix: NDArray[np.float64]) -> list[int]:
    """The leaves of the tree of a ``(trials, trials)`` matrix without NaN, so that like stands beside like.

    Average linkage (UPGMA), which unlike Ward's does not ask for Euclidean distances: those of warping are not.
    """
    if len(matrix) < 3:
        return list(range(len(matrix)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(matrix, checks=False), method="average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]


def _comparable(
    trials: Sequence[Motion | FailedTrial], settings: ChannelSettings
) -> tuple[list[NDArray[np.float64]], dict[str, int], dict[str, str]]:
    """The channels of the trials that have them, how many repetitions each has, and the errors of the others."""
    from neuropose_ray.analysis.segmentation.repetitions import repetitions

    channels, counts, errors = [], {}, {}
    for trial in trials:
        if isinstance(trial, FailedTrial):
            errors[trial.name] = trial.error
            continue
        try:
            channels.append(trial_channels(trial, settings))
        except InputError as error:
            errors[trial.name] = str(error)
        else:
            counts[trial.name] = len(repetitions(trial).records)
    return channels, counts, errors


def distances_in_processes(
    channels: Channels, pairs: NDArray[np.int64], settings: DistanceMatrixSettings
) -> NDArray[np.float64]:
    """In blocks, in one process for each core of this machine; see :data:`PairDistances`.

    For commands: see :mod:`neuropose_ray.processes`.

    Raises:
        EngineError: a process died.
    """
    starts = range(0, len(pairs), settings.pairs_per_task)
    values = np.zeros(len(pairs))
    blocks = run_in_processes(
        _block_distances, starts, channels, pairs, settings, processes=usable_cores(), hint=RUN_AGAIN
    )
    for start, block in blocks:
        if isinstance(block, EngineError):
            raise block
        values[start : start + settings.pairs_per_task] = block
    return values


def distances_on_ray(
    channels: Channels, pairs: NDArray[np.int64], settings: DistanceMatrixSettings
) -> NDArray[np.float64]:
    """In blocks, as tasks of the Ray that the caller has connected to; see :data:`PairDistances`.

    Raises:
        EngineError: Ray failed.
    """
    outcomes = run_tasks(
        _block_distances,
        range(0, len(pairs), settings.pairs_per_task),
        channels,
        pairs,
        settings,
        name=lambda start: f"dtw pairs {start} to {min(start + settings.pairs_per_task, len(pairs))} of {len(pairs)}",
        at_once=_TASKS_PER_CPU * cluster_cpus(),
        in_order=True,
    )
    blocks = [np.zeros(0)]
    for _, outcome in outcomes:
        if isinstance(outcome, Exception):
            raise cause_of(outcome, RUN_AGAIN) from outcome
        blocks.append(outcome)
    return np.concatenate(blocks)


def _block_distances(
    start: int, channels: Channels, pairs: NDArray[np.int64], settings: DistanceMatrixSettings
) -> NDArray[np.float64]:
    return pair_distances(channels, pairs[start : start + settings.pairs_per_task], settings.warping)
