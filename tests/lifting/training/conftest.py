"""Windows on their way from made movements to what a pose network makes of them."""

import numpy as np
import pytest

from neuropose_ray.lifting.training.bodies import Bodies, with_other_bodies
from neuropose_ray.lifting.training.cameras import Views, seen_by_cameras
from neuropose_ray.lifting.training.movements import made_movements
from neuropose_ray.lifting.training.windows import FRAMES

COUNT, RATE = 64, 20.0


@pytest.fixture(scope="session")
def movements() -> np.ndarray:
    """64 windows of 48 frames at 20 a second."""
    return made_movements(np.random.default_rng(0), COUNT, FRAMES, RATE)


@pytest.fixture(scope="session")
def bodies(movements: np.ndarray) -> Bodies:
    """Other people who make these movements."""
    return with_other_bodies(np.random.default_rng(1), movements)


@pytest.fixture(scope="session")
def views(bodies: Bodies) -> Views:
    """The same people before cameras."""
    return seen_by_cameras(np.random.default_rng(2), bodies)
