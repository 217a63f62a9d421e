"""MeTRAbs on a GPU: each model in a process of its own, as TensorFlow cannot change its device."""

from pathlib import Path

import numpy as np
import pytest
from support.gpu import alone, card_memory, filled_card, see_two_people

pytestmark = pytest.mark.gpu

# The bytes of so many pictures alone are about what is left of a card that is all but full, some of which the
# process takes for its kernels.
TOO_MANY, FREE_BYTES = 256, 2 << 30


@pytest.fixture(scope="session", autouse=True)  # before models are built for nothing
def _gpu() -> None:
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees no GPU here")


def test_the_first_gpu_is_used_and_most_of_it_is_left_to_others(stand_in: Path) -> None:
    seen = alone(see_two_people, stand_in, {}, 8)

    assert (seen.device, len(seen.poses)) == ("gpu:0", 16)
    assert seen.card_bytes < card_memory().total / 4


def test_poses_are_those_of_the_cpu_to_a_twentieth_of_a_millimetre(stand_in: Path) -> None:
    on_gpu, on_cpu = (alone(see_two_people, stand_in, {"device": device}, 40).poses for device in ("gpu:0", "cpu"))

    np.testing.assert_array_equal(on_gpu.frame, on_cpu.frame)
    np.testing.assert_array_equal(on_gpu.boxes, on_cpu.boxes)
    np.testing.assert_allclose(on_gpu.poses3d, on_cpu.poses3d, atol=0.05, rtol=0)
    np.testing.assert_allclose(on_gpu.poses2d, on_cpu.poses2d, atol=0.05, rtol=0)


@pytest.mark.slow
def test_a_card_without_room_halves_the_batch_and_loses_nothing(stand_in: Path) -> None:
    with filled_card(FREE_BYTES):
        seen = alone(see_two_people, stand_in, {"batch_size": TOO_MANY}, TOO_MANY)

    assert seen.device == "gpu:0"
    assert 1 <= seen.batch_size < TOO_MANY
    np.testing.assert_array_equal(seen.poses.frame, np.repeat(np.arange(TOO_MANY), 2))
    np.testing.assert_array_equal(seen.poses.boxes[::2, 0], 100 + 3 * np.arange(TOO_MANY))
