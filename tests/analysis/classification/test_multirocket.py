"""MultiRocket's part that is ours: whom it may learn from, and curves of one length."""

import sys
import types
from typing import ClassVar

import numpy as np
import pytest

from neuropose_ray.analysis.classification.multirocket import multirocket_labels
from neuropose_ray.analysis.classification.settings import MultiRocketSettings
from neuropose_ray.errors import SettingsError


class Recorder:
    """In the place of the library's classifier: keeps what it learns from, and says the first label it learnt."""

    fitted: ClassVar[list[tuple]] = []

    def __init__(self, **options):
        self.options = options

    def fit(self, curves, labels):
        Recorder.fitted.append((curves, labels.tolist(), self.options))

    def predict(self, curves):
        return [Recorder.fitted[-1][1][0]] * len(curves)


@pytest.fixture
def recorder(monkeypatch):
    module = types.ModuleType("aeon.classification.convolution_based")
    module.MultiRocketClassifier = Recorder
    for name in ("aeon", "aeon.classification"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    Recorder.fitted = []
    return Recorder


def lines(*lengths):
    """A channel that goes from 0 to 1 and one from 0 to -2, in so many frames."""
    return [np.stack([np.linspace(0, 1, frames), np.linspace(0, -2, frames)], 1) for frames in lengths]


def test_each_subject_is_found_from_the_others_alone(recorder):
    labels, subjects = ["a", "b", "a", "c"], ["anna", "anna", "ben", "carl"]
    found = multirocket_labels(lines(30, 40, 50, 60), labels, subjects, MultiRocketSettings(points=20))
    assert [learnt for _, learnt, _ in recorder.fitted] == [["a", "c"], ["a", "b", "c"], ["a", "b", "a"]]
    assert found == ["a", "a", "a", "a"]


def test_trials_of_any_length_become_curves_of_one_length(recorder):
    settings = MultiRocketSettings(points=21, kernels=84, seed=5)
    multirocket_labels(lines(30, 7, 100), ["a", "b", "c"], ["x", "y", "z"], settings)
    curves, _, options = recorder.fitted[0]
    assert curves.shape == (2, 2, 21)
    np.testing.assert_allclose(curves[:, 0], np.linspace(0, 1, 21)[None].repeat(2, 0))
    np.testing.assert_allclose(curves[:, 1], np.linspace(0, -2, 21)[None].repeat(2, 0))
    assert (options["n_kernels"], options["random_state"]) == (84, 5)


def test_where_the_others_show_one_movement_alone_it_is_that(recorder):
    found = multirocket_labels(lines(30, 30, 30), ["a", "b", "b"], ["x", "y", "z"], MultiRocketSettings(points=20))
    assert found[0] == "b"
    assert len(recorder.fitted) == 2


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.classification.convolution_based", None)
    with pytest.raises(SettingsError, match=r"multirocket needs the library aeon; pip install .*classify"):
        multirocket_labels(lines(30, 30), ["a", "b"], ["x", "y"], MultiRocketSettings())
