"""Telling movements apart, tested on people who were not learnt from."""

import sys

import numpy as np
import pytest
from analysis.dtw.cohort import cohort, unseen

from neuropose_ray.analysis.classification.settings import ClassificationSettings, MultiRocketSettings
from neuropose_ray.analysis.classification.validation import (
    LabelledTrial,
    cross_validate,
    majority_label,
    nearest_neighbour_labels,
)
from neuropose_ray.errors import InputError, SettingsError

MULTIROCKET = ClassificationSettings(classifier=MultiRocketSettings(kernels=168))


@pytest.fixture(scope="module")
def trials():
    return [LabelledTrial(motion, label, person) for person, label, motion in cohort()]


def test_nearest_neighbours_tell_phantom_movements_apart(trials):
    broken = LabelledTrial(unseen(trials[-1].motion, slice(None)), trials[-1].label, trials[-1].subject)
    result = cross_validate([*trials[:-1], broken])
    assert result.classes == ("reach", "sit_to_stand", "squat", "walk")
    assert result.accuracy >= 0.9
    assert result.balanced_accuracy >= 0.9
    assert 0.2 <= result.baseline_accuracy <= 0.3
    assert np.sum(result.confusion) == len(result.trials) == 23
    assert result.accuracy_by_subject.keys() == {"anna", "ben", "carl"}
    assert list(result.errors) == [broken.motion.name]


@pytest.mark.slow  # aeon compiles itself for a minute where it has not done so before
def test_multirocket_tells_phantom_movements_apart(trials):
    pytest.importorskip("aeon")
    result = cross_validate(trials, MULTIROCKET)
    assert result.accuracy >= 0.9
    assert result == cross_validate(trials, MULTIROCKET)


def test_without_its_library_multirocket_says_what_to_install(trials, monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.classification.convolution_based", None)
    with pytest.raises(SettingsError, match=r'pip install "neuropose-ray\[classify\]"'):
        cross_validate(trials, MULTIROCKET)


def test_the_nearest_trial_of_the_same_person_does_not_count():
    matrix = np.array([[0, 1, 5, 6], [1, 0, 6, 5], [5, 6, 0, 1], [6, 5, 1, 0]], float)
    labels, subjects = ["walk", "squat", "walk", "squat"], ["anna", "anna", "ben", "ben"]
    assert nearest_neighbour_labels(matrix, labels, subjects, 1) == labels
    assert nearest_neighbour_labels(matrix, labels, ["a", "b", "c", "d"], 1) == ["squat", "walk", "squat", "walk"]


def test_of_several_neighbours_most_decide_and_of_equals_the_nearest():
    matrix = np.array([[0, 1, 2, 3], [1, 0, 9, 9], [2, 9, 0, 9], [3, 9, 9, 0]], float)
    labels, subjects = ["?", "walk", "squat", "squat"], ["anna", "ben", "ben", "carl"]
    assert [nearest_neighbour_labels(matrix, labels, subjects, k)[0] for k in (1, 2, 3)] == ["walk", "walk", "squat"]


def test_the_baseline_knows_the_other_subjects_alone():
    labels, subjects = ["walk", "walk", "walk", "squat", "squat"], ["anna", "anna", "anna", "ben", "ben"]
    assert majority_label(labels, subjects, "anna") == "squat"
    assert majority_label(labels, subjects, "ben") == "walk"
    assert majority_label(["walk", "squat", "?"], ["anna", "ben", "carl"], "carl") == "squat"


def test_one_subject_or_one_class_or_one_name_twice_is_refused(trials):
    with pytest.raises(InputError, match=r"1 subject\(s\) and 4 class\(es\) can be used, two of each are needed"):
        cross_validate([trial for trial in trials if trial.subject == "ben"])
    with pytest.raises(InputError, match=r"3 subject\(s\) and 1 class\(es\)"):
        cross_validate([trial for trial in trials if trial.label == "walk"])
    with pytest.raises(InputError, match="anna_squat_0 is given twice"):
        cross_validate([*trials, trials[0]])
    with pytest.raises(InputError, match="0 subject"):
        cross_validate([])
