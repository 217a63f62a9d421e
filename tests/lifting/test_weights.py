"""The weights that come with the package are those that were meant, and say what they are."""

from pathlib import Path

import numpy as np
import pytest
from lifting.networks import arrays

from neuropose_ray.errors import DigestMismatchError, FileFormatError, WeightsUnavailableError
from neuropose_ray.lifting import card, load_depth_prior, weights, weights_version
from neuropose_ray.lifting.prior import TRAINED_LOG_ODDS
from neuropose_ray.lifting.training.motion_capture import load_motion_capture, split
from neuropose_ray.lifting.training.windows import Batch, draw_batch


@pytest.fixture
def assets(tmp_path: Path, monkeypatch) -> Path:
    """A folder of weights other than the package's."""
    monkeypatch.setattr(weights, "_ASSETS", tmp_path)
    load_depth_prior.cache_clear()
    yield tmp_path
    load_depth_prior.cache_clear()


def test_the_packages_networks_are_read_and_fit_in_four_megabytes():
    prior = load_depth_prior()
    assert prior.networks
    assert prior.version == weights_version()
    assert (weights._ASSETS / weights.WEIGHTS_FILE).stat().st_size < 4e6


def test_the_card_says_what_matters():
    text = card()
    for word in (
        "mocap.cs.cmu.edu", "NSF EIA-0196217", "free", "Seeds", "steps", weights.SHA256, "not for", "mm",
    ):  # fmt: skip
        assert word in text


def test_damaged_weights_are_refused(assets: Path):
    (assets / weights.WEIGHTS_FILE).write_bytes(weights.packed({0: arrays()}))
    with pytest.raises(DigestMismatchError, match="--depth-prior off"):
        load_depth_prior()


def test_missing_weights_are_said_to_be(assets: Path):
    with pytest.raises(WeightsUnavailableError, match="install the package again"):
        load_depth_prior()


def test_packing_is_the_same_every_time_and_keeps_the_numbers():
    content = weights.packed({1: arrays(1), 0: arrays(0)})
    assert content == weights.packed({0: arrays(0), 1: arrays(1)})
    first, second = weights.unpacked(content, "test")
    np.testing.assert_allclose(first.last_weight, arrays(0)["last.weight"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(second.last_weight, arrays(1)["last.weight"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"no archive", weights.packed({}), weights.packed({0: {}})])
def test_what_is_no_prior_is_refused(content):
    with pytest.raises(FileFormatError, match="not the weights of a depth prior"):
        weights.unpacked(content, "file.npz")


def test_a_network_that_lacks_a_layer_is_refused():
    incomplete = {name: array for name, array in arrays().items() if name != "narrow2.bias"}
    with pytest.raises(FileFormatError, match=r"narrow2\.bias"):
        weights.unpacked(weights.packed({0: incomplete}), "file.npz")


@pytest.fixture(scope="module")
def unseen(test_data: Path) -> Batch:
    """Windows of motion capture that the networks were not trained on, with the errors of a pose network."""
    _, held_out = split(load_motion_capture(test_data / "mocap" / "cmu_16_joints_60fps.npz"))
    return draw_batch(np.random.default_rng(99), held_out, 96)


@pytest.fixture(scope="module")
def answers(unseen: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depths, expected errors and log-odds of exchanged sides, on the mean of the package's networks."""
    outputs = [[network(window) for window in unseen.inputs] for network in load_depth_prior().networks]
    depths, log_sigma, exchanged = (
        np.mean([[getattr(output, name) for output in each] for each in outputs], axis=0)
        for name in ("depths", "log_sigma", "exchanged")
    )
    return depths, np.exp(log_sigma), exchanged


def test_depths_of_unseen_movement_are_much_better_than_the_pose_models(unseen, answers):
    counts = unseen.counts > 0
    mine = np.abs(answers[0] - unseen.depths)[counts].mean()
    assert mine < 0.6 * np.abs(unseen.model_depths - unseen.depths)[counts].mean()


def test_errors_are_as_large_as_the_networks_expect(unseen, answers):
    depths, sigma, _ = answers
    counts = unseen.counts > 0
    error, sigma = np.abs(depths - unseen.depths)[counts], sigma[counts]
    assert 0.85 < (error / sigma).mean() < 1.15
    for low, high in ((0, 0.03), (0.03, 0.06), (0.06, 1)):
        chosen = (sigma >= low) & (sigma < high)
        assert error[chosen].mean() == pytest.approx(sigma[chosen].mean(), rel=0.25)


def test_exchanged_sides_are_seen(unseen, answers):
    odds, exchanged = answers[2] - TRAINED_LOG_ODDS, unseen.exchanged > 0
    found, false = (odds[exchanged] > 0).mean(), (odds[~exchanged] > 0).mean()
    assert found - false > 0.5
