"""Training windows: batches are known by their seed and number."""

import numpy as np
import pytest

from neuropose_ray.lifting.features import INPUTS
from neuropose_ray.lifting.training.motion_capture import MotionCapture
from neuropose_ray.lifting.training.windows import FRAMES, draw_batch, drawn_ahead


@pytest.fixture
def capture() -> MotionCapture:
    return MotionCapture({"a": np.random.default_rng(0).normal(0, 1, (200, 16, 3)).astype(np.float32)})


@pytest.mark.parametrize("start", [1, 4, 6])
def test_a_batch_is_known_by_its_seed_and_number(capture, start):
    whole = [*drawn_ahead(capture, 5, 7, range(11))]
    part = [*drawn_ahead(capture, 5, 7, range(start, 11))]
    assert len(whole) == 11
    for one, other in zip(whole[start:], part, strict=True):
        np.testing.assert_array_equal(one.inputs, other.inputs)
        np.testing.assert_array_equal(one.depths, other.depths)
    assert not np.array_equal(whole[0].depths, whole[1].depths)
    assert not np.array_equal(next(drawn_ahead(capture, 5, 8, range(1))).depths, whole[0].depths)


def test_batches_are_the_same_for_the_same_seed(capture):
    one, other = (draw_batch(np.random.default_rng(5), capture, 12) for _ in range(2))
    for name in ("inputs", "depths", "exchanged", "counts", "model_depths"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert np.isfinite(getattr(one, name)).all()
    assert one.inputs.shape == (12, FRAMES, INPUTS)
    assert (one.counts == ~one.exchanged.any(axis=-1)).all()
