"""The network in NumPy."""

import numpy as np
import pytest
from lifting.networks import arrays

from neuropose_ray.lifting.features import INPUTS
from neuropose_ray.lifting.network import LOG_SIGMA_RANGE, REACH, Network


def test_a_frame_depends_on_frames_within_reach_alone():
    network = Network.of(arrays())
    inputs = np.random.default_rng(0).normal(0, 1, (120, INPUTS)).astype(np.float32)
    before = network(inputs)
    changed = inputs.copy()
    changed[60] += 1
    after = network(changed)
    moved = np.flatnonzero(np.abs(after.depths - before.depths).max(axis=1) > 0)
    assert moved.min() >= 60 - REACH
    assert moved.max() <= 60 + REACH
    assert 60 in moved


@pytest.mark.parametrize("frames", [1, 2, 7, 200])
def test_any_number_of_frames_will_do(frames):
    out = Network.of(arrays())(np.ones((frames, INPUTS), np.float32))
    assert (out.depths.shape, out.log_sigma.shape, out.exchanged.shape) == ((frames, 18), (frames, 18), (frames, 2))
    np.testing.assert_allclose(out.depths, out.depths[:1].repeat(frames, axis=0), atol=1e-5)


def test_the_error_it_expects_stays_within_bounds():
    weights = arrays()
    weights["last.bias"][18:36] = [-99, 99] * 9
    out = Network.of(weights)(np.ones((3, INPUTS), np.float32))
    assert (out.log_sigma.min(), out.log_sigma.max()) == LOG_SIGMA_RANGE


def test_a_missing_array_is_named():
    weights = arrays()
    del weights["wide3.bias"]
    with pytest.raises(KeyError, match=r"wide3\.bias"):
        Network.of(weights)
