"""MultiRocket from the library aeon, trained anew for each held-out subject."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.classification.settings import MultiRocketSettings
from neuropose_ray.errors import SettingsError


def multirocket_labels(
    channels: Sequence[NDArray[np.float64]],
    labels: Sequence[str],
    subjects: Sequence[str],
    settings: MultiRocketSettings,
) -> list[str]:
    """For each trial what a classifier says that was trained on all other subjects' trials.

    Args:
        channels: ``(frames, channels)`` of each trial, finite, of any length.
        labels: of the trials.
        subjects: of the trials, at least two.
        settings: of the classifier.

    Raises:
        SettingsError: aeon is not installed.
    """
    try:
        from aeon.classification.convolution_based import MultiRocketClassifier
    except ImportError as error:
        raise SettingsError(
            "multirocket needs the library aeon", where="classifier", hint='pip install "neuropose-ray[classify]"'
        ) from error
    curves = np.stack([_resampled(values, settings.points).T for values in channels])
    truth, people = np.array(labels), np.array(subjects)
    predicted = np.empty_like(truth)
    for person in np.unique(people):
        held_out = people == person
        known = np.unique(truth[~held_out])
        if len(known) == 1:  # nothing to tell apart, which the library refuses
            predicted[held_out] = known[0]
            continue
        classifier = MultiRocketClassifier(n_kernels=settings.kernels, random_state=settings.seed, n_jobs=1)
        classifier.fit(curves[~held_out], truth[~held_out])
        predicted[held_out] = classifier.predict(curves[held_out])
    return [str(label) for label in predicted]


def _resampled(values: NDArray[np.float64], points: int) -> NDArray[np.float64]:
    """``(points, channels)`` at even steps from the first frame to the last, straight lines between frames."""
    frames = np.arange(len(values))
    wanted = np.linspace(0, len(values) - 1, points)
    return np.stack([np.interp(wanted, frames, column) for column in values.T], axis=1)
