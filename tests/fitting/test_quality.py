"""What is said of a fit without the truth, where the truth is known."""

import numpy as np
import pytest

from neuropose_ray.fitting.quality import (
    FitFlag,
    depth_sign_differs,
    is_improved,
    reprojection_error,
    reprojection_worse,
)
from neuropose_ray.schemas.fitting import FLAG_MEANINGS


def test_every_flag_is_explained_in_the_file_and_no_other():
    assert {str(flag.value) for flag in FitFlag} == set(FLAG_MEANINGS)


def test_the_reprojection_error_is_the_weighted_root_mean_square():
    points = np.array([[[1.0], [0], [2]], [[0], [4], [4]]])
    image = np.array([[[0.5], [0.3]], [[0.4], [1.0]]])  # off by 0.3 and 0.4
    assert reprojection_error(points, image, np.array([[1.0], [1.0]]))[0] == pytest.approx(np.sqrt((0.09 + 0.16) / 2))
    assert reprojection_error(points, image, np.array([[1.0], [0.0]]))[0] == pytest.approx(0.3)
    assert np.isnan(reprojection_error(points, image, np.zeros((2, 1)))[0])


def test_an_error_is_worse_where_it_grew_beyond_the_noise():
    fitted, model, sigma = np.array([3.0, 3, 1, 3]), np.array([1.0, 4, 0.5, 1]), np.array([1.0, 1, 1, 2])
    assert reprojection_worse(fitted, model, sigma).tolist() == [True, False, False, False]


def improved(*, fitted=1.0, model=2.0, sigma=1.0, worse=0, signs=0, frames=10):
    def share(count):
        return np.arange(frames) < count

    arrays = (np.full(frames, value) for value in (fitted, model, sigma))
    return is_improved(*arrays, share(worse), share(signs))


def test_a_fit_is_believed_that_explains_the_picture_better_and_seldom_contradicts_the_model():
    assert improved()
    assert improved(worse=4, signs=4)


@pytest.mark.parametrize("doubt", [{"fitted": 2.5}, {"fitted": 7.0, "model": 9.0}, {"worse": 5}, {"signs": 5}])
def test_a_fit_is_not_believed(doubt):
    assert not improved(**doubt)


def test_a_limb_that_points_the_other_way_is_told_and_a_short_depth_is_not(squat_start):
    problem, positions = squat_start.problem, squat_start.positions
    body = problem.body
    bone = next(
        place
        for place, bone in enumerate(body.depth_bones)
        if body.kinds[body.kind_of[bone]].name == "femur" and np.abs(problem.bone_depths[place]).max() > 0.2
    )
    frame = int(np.abs(problem.bone_depths[bone]).argmax())
    first, second = body.bones[body.depth_bones[bone]]
    turned = positions.copy()
    along = positions[first, :, frame] - positions[second, :, frame]
    depth = along @ problem.ray[:, frame]
    turned[first, :, frame] -= 2 * depth * problem.ray[:, frame]
    before, after = depth_sign_differs(problem, positions), depth_sign_differs(problem, turned)
    assert after[frame]
    assert np.flatnonzero(before != after).tolist() in ([frame], [])
    flat = positions.copy()
    flat[first, :, frame] -= 1.01 * depth * problem.ray[:, frame]
    assert depth_sign_differs(problem, flat)[frame] == before[frame]
