"""Training: the same every time, and it goes on where it was stopped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from neuropose_ray.lifting.features import INPUTS  # noqa: E402
from neuropose_ray.lifting.network import Network  # noqa: E402
from neuropose_ray.lifting.training import learning  # noqa: E402
from neuropose_ray.lifting.training.learning import TemporalNetwork, TrainingSettings, train  # noqa: E402
from neuropose_ray.lifting.training.motion_capture import MotionCapture  # noqa: E402
from neuropose_ray.lifting.training.movements import made_movements  # noqa: E402

SETTINGS = TrainingSettings(steps=12, batch=8, channels=16)


@pytest.fixture(scope="module")
def capture() -> MotionCapture:
    clips = made_movements(np.random.default_rng(0), 4, 180, 60.0)
    return MotionCapture({f"clip{i}": clip for i, clip in enumerate(clips)})


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(learning, "_REPORT_EVERY", 4)
    torch.set_num_threads(1)


def test_the_network_in_numpy_is_the_one_that_was_trained():
    network = TemporalNetwork(16).eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    inputs = np.random.default_rng(0).normal(0, 1, (90, INPUTS)).astype(np.float32)
    with torch.no_grad():
        depths, log_sigma, exchanged = (each[0].numpy() for each in network(torch.from_numpy(inputs[None])))
    found = Network.of(network.arrays())(inputs)
    np.testing.assert_allclose(found.depths, depths, atol=1e-4)
    np.testing.assert_allclose(found.log_sigma, log_sigma, atol=1e-4)
    np.testing.assert_allclose(found.exchanged, exchanged, atol=1e-3)


def test_a_killed_training_goes_on_to_the_same_network(capture, tmp_path: Path):
    def stop(line: str) -> None:
        if line.startswith("step 8"):
            raise KeyboardInterrupt

    whole, _ = train(capture, capture, SETTINGS, tmp_path / "whole", lambda line: None)
    with pytest.raises(KeyboardInterrupt):
        train(capture, capture, SETTINGS, tmp_path / "part", stop)
    lines: list[str] = []
    resumed, _ = train(capture, capture, SETTINGS, tmp_path / "part", lines.append)
    assert [line.split(",")[0] for line in lines[1:]] == ["step 12"]
    assert {name: array.tobytes() for name, array in resumed.items()} == {
        name: array.tobytes() for name, array in whole.items()
    }


def test_other_seeds_give_other_networks(capture, tmp_path: Path):
    one, _ = train(capture, capture, SETTINGS, tmp_path / "one", lambda line: None)
    other, _ = train(capture, capture, replace(SETTINGS, seed=1), tmp_path / "other", lambda line: None)
    assert np.abs(one["first.weight"] - other["first.weight"]).max() > 0.01


def test_learning_lowers_the_loss(capture, tmp_path: Path):
    settings = replace(SETTINGS, steps=120, batch=16)
    _, short = train(capture, capture, replace(settings, steps=4), tmp_path / "short", lambda line: None)
    _, long = train(capture, capture, settings, tmp_path / "long", lambda line: None)
    assert long.likelihood < short.likelihood
