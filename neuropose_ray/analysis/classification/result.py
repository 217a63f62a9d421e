"""How well movements were told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, Utf8Str


class ClassifiedTrial(FrozenModel):
    """A trial, and what a classifier said that had never seen its subject."""

    name: Utf8Str
    subject: Utf8Str
    label: Utf8Str
    predicted: Utf8Str
    majority: Utf8Str


class Classification(FrozenModel):
    """Scores over all held-out trials.

    Attributes:
        classes: the labels, sorted.
        trials: every trial that could be used, in the order given.
        accuracy: share of the trials whose label was found.
        balanced_accuracy: mean over the classes of the share that was found: what guessing cannot raise by naming
            the largest class. Brodersen et al., ICPR 2010.
        baseline_accuracy: the accuracy of always naming the most frequent label of the other subjects.
        confusion: ``(classes, classes)`` counts; rows are the true labels, columns the predicted.
        accuracy_by_subject: for each subject, held out.
        warnings: what makes these figures unsure, a sentence each.
        errors: the trials that could not be used, a line each.
    """

    classes: tuple[Utf8Str, ...]
    trials: tuple[ClassifiedTrial, ...]
    accuracy: float
    balanced_accuracy: float
    baseline_accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    accuracy_by_subject: FrozenMapping[Utf8Str, float]
    warnings: tuple[str, ...]
    errors: FrozenMapping[Utf8Str, Utf8Str]


def scored(trials: Sequence[ClassifiedTrial], *, few_trials: int, errors: dict[str, str]) -> Classification:
    """The scores of these trials, at least one."""
    classes = sorted({trial.label for trial in trials})
    subjects = sorted({trial.subject for trial in trials})
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    for trial in trials:
        confusion[classes.index(trial.label), classes.index(trial.predicted)] += 1
    return Classification(
        classes=tuple(classes),
        trials=tuple(trials),
        accuracy=_share_found(trials),
        balanced_accuracy=float(np.mean(confusion.diagonal() / confusion.sum(axis=1))),
        baseline_accuracy=float(np.mean([trial.majority == trial.label for trial in trials])),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        accuracy_by_subject={
            subject: _share_found([trial for trial in trials if trial.subject == subject]) for subject in subjects
        },
        warnings=tuple(_warnings(trials, few_trials)),
        errors=errors,
    )


def _share_found(trials: Sequence[ClassifiedTrial]) -> float:
    return float(np.mean([trial.predicted == trial.label for trial in trials]))


def _warnings(trials: Sequence[ClassifiedTrial], few_trials: int) -> list[str]:
    warnings = []
    labels = sorted({trial.label for trial in trials})
    for label in labels:
        mine = [trial for trial in trials if trial.label == label]
        subjects = sorted({trial.subject for trial in mine})
        if len(subjects) == 1:
            warnings.append(f"only {subjects[0]} shows {label}: held out, nothing is left to learn it from")
        if len(mine) < few_trials:
            warnings.append(f"{label} has only {len(mine)} trial(s): its recall is a rough guess")
    for subject in sorted({trial.subject for trial in trials}):
        shown = sorted({trial.label for trial in trials if trial.subject == subject})
        if len(shown) < len(labels):
            warnings.append(f"{subject} shows only {', '.join(shown)}: its accuracy says nothing of other movements")
    return warnings
