import numpy as np
import pytest

from neuropose_ray.errors import InputError
from neuropose_ray.formats.trajectories import Trajectories


def test_times_follow_from_the_start_and_the_rate():
    points = Trajectories(("a",), 50.0, 2.0, np.zeros((3, 1, 3)))
    np.testing.assert_allclose(points.times_s, [2, 2.02, 2.04])


@pytest.mark.parametrize(
    ("names", "rate_hz", "shape"),
    [(("a",), 50, (3, 2, 3)), (("a",), 50, (3, 1, 2)), (("a", "a"), 50, (3, 2, 3)), (("a",), 0, (3, 1, 3))],
)
def test_parts_that_do_not_fit_are_refused(names, rate_hz, shape):
    with pytest.raises(InputError):
        Trajectories(names, rate_hz, 0.0, np.zeros(shape))
