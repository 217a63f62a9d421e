"""Leave-one-subject-out cross-validation: nobody is in both the training and the test trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.classification.multirocket import multirocket_labels
from neuropose_ray.analysis.classification.result import Classification, ClassifiedTrial, scored
from neuropose_ray.analysis.classification.settings import ClassificationSettings, NearestNeighbourSettings
from neuropose_ray.analysis.dtw.channels import ChannelSettings, trial_channels
from neuropose_ray.analysis.dtw.matrix import (
    DistanceMatrixSettings,
    PairDistances,
    distance_matrix,
    distances_here,
    nearest,
)
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.immutable import ReadOnlyMapping


@dataclass(frozen=True, slots=True)
class LabelledTrial:
    """A movement whose kind is known, and who performed it."""

    motion: Motion
    label: str
    subject: str


def cross_validate(
    trials: Sequence[LabelledTrial],
    settings: ClassificationSettings = ClassificationSettings(),
    *,
    errors: Mapping[str, str] = ReadOnlyMapping({}),
    distances: PairDistances = distances_here,
) -> Classification:
    """Classify every trial by what can be learnt from the other subjects alone.

    Nothing is learnt from a held-out subject: each trial's channels and normalisation come from that trial itself,
    everything else from the training trials. A trial that cannot be used, with too many missing numbers (NaN) or
    joints, is listed among the errors.

    Args:
        trials: under names of their own.
        settings: the classifier, and what it compares.
        errors: the trials that could not be read, by name, which are listed as well.
        distances: who computes those of nearest neighbours; see
            :func:`~neuropose_ray.analysis.dtw.matrix.distance_matrix`.

    Raises:
        InputError: two trials have the same name, or fewer than two subjects or two classes can be used.
        SettingsError: the classifier's extra is not installed.
        EngineError: Ray failed.
    """
    trials, unusable = _usable(trials, settings.channels)
    errors = {**errors, **unusable}
    labels, subjects = [trial.label for trial in trials], [trial.subject for trial in trials]
    if len(set(subjects)) < 2 or len(set(labels)) < 2:
        raise InputError(
            f"{len(set(subjects))} subject(s) and {len(set(labels))} class(es) can be used, two of each are needed",
            where="classification",
            hint=next(iter(errors.values()), None),
        )
    if isinstance(settings.classifier, NearestNeighbourSettings):
        predicted = _nearest_neighbour(trials, settings.channels, settings.classifier, distances)
    else:
        channels = [trial_channels(trial.motion, settings.channels) for trial in trials]
        predicted = multirocket_labels(channels, labels, subjects, settings.classifier)
    return scored(
        [
            ClassifiedTrial(
                name=trial.motion.name,
                subject=trial.subject,
                label=trial.label,
                predicted=prediction,
                majority=majority_label(labels, subjects, trial.subject),
            )
            for trial, prediction in zip(trials, predicted, strict=True)
        ],
        few_trials=settings.few_trials,
        errors=errors,
    )


def nearest_neighbour_labels(
    matrix: NDArray[np.float64], labels: Sequence[str], subjects: Sequence[str], neighbours: int
) -> list[str]:
    """For each trial the most frequent label of the nearest trials of other subjects; of equals the nearest's.

    Args:
        matrix: ``(trials, trials)`` distances, finite.
        labels: of the trials.
        subjects: of the trials, at least two.
        neighbours: how many have a vote.
    """
    predicted = []
    for position, subject in enumerate(subjects):
        nearest_others = [neighbour for neighbour in nearest(matrix, position) if subjects[neighbour] != subject][
            :neighbours
        ]
        predicted.append(_most_frequent([labels[neighbour] for neighbour in nearest_others]))
    return predicted


def majority_label(labels: Sequence[str], subjects: Sequence[str], held_out: str) -> str:
    """The most frequent label of the trials of all other subjects; of equals the first in the alphabet."""
    return _most_frequent(
        sorted(label for label, subject in zip(labels, subjects, strict=True) if subject != held_out)
    )


def _most_frequent(labels: Sequence[str]) -> str:
    return Counter(labels).most_common(1)[0][0]  # which counts equals in the order of their first


def _usable(trials: Sequence[LabelledTrial], settings: ChannelSettings) -> tuple[list[LabelledTrial], dict[str, str]]:
    names = Counter(trial.motion.name for trial in trials)
    if len(names) < len(trials):
        raise InputError(f"the name {names.most_common(1)[0][0]} is given twice", where="classification")
    usable, errors = [], {}
    for trial in trials:
        try:
            trial_channels(trial.motion, settings)
        except InputError as error:
            errors[trial.motion.name] = str(error)
        else:
            usable.append(trial)
    return usable, errors


def _nearest_neighbour(
    trials: Sequence[LabelledTrial],
    channels: ChannelSettings,
    settings: NearestNeighbourSettings,
    distances: PairDistances,
) -> list[str]:
    compared = distance_matrix(
        [trial.motion for trial in trials],
        DistanceMatrixSettings(channels=channels, warping=settings.warping),
        distances=distances,
    )
    return nearest_neighbour_labels(
        compared.matrix, [trial.label for trial in trials], [trial.subject for trial in trials], settings.neighbours
    )
