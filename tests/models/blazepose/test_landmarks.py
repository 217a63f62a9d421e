import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.models.blazepose.geometry import Regions
from neuropose_ray.models.blazepose.landmarks import average_mirrored, refine_by_heatmap, to_frame, to_upright


def heatmap_with(joint: int, cells: dict[tuple[int, int], float]) -> np.ndarray:
    maps = np.full((1, 64, 64, 39), -20.0, np.float32)
    for (x, y), logit in cells.items():
        maps[0, y, x, joint] = logit
    return maps


def test_a_sure_peak_near_the_landmark_pulls_it_to_the_weighted_mean():
    points = np.full((1, 39, 2), 128.0)
    refined = refine_by_heatmap(points, heatmap_with(3, {(33, 32): 20.0, (35, 32): 20.0}))
    assert refined[0, 3] == pytest.approx([34 * 4, 32 * 4], abs=1e-3)


def test_an_unsure_window_leaves_the_landmark_where_it_was():
    points = np.full((1, 39, 2), 130.5)
    assert refine_by_heatmap(points, heatmap_with(3, {(33, 32): -0.1}))[0, 3].tolist() == [130.5, 130.5]


def test_the_window_ends_at_the_maps_edge():
    points = np.full((1, 39, 2), 2.0)
    refined = refine_by_heatmap(points, heatmap_with(0, {(0, 0): 20.0, (63, 63): 20.0}))
    assert refined[0, 0] == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize("wild", [np.nan, np.inf, -1e9, 1e12, 256.0, -0.5])
def test_landmarks_outside_the_map_stay(wild):
    points = np.full((1, 39, 2), wild)
    refined = refine_by_heatmap(points, np.full((1, 64, 64, 39), 9.0, np.float32))
    if wild == -0.5:  # truncation puts it into the first cell, as MediaPipe's cast does
        assert np.isfinite(refined).all()
    else:
        np.testing.assert_array_equal(refined, points)


@given(st.floats(-3.1, 3.1), st.floats(20, 900), st.floats(-300, 300), st.floats(-300, 300))
def test_crop_pixels_go_back_to_where_they_came_from(rotation, size, x, y):
    regions = Regions(np.array([[x, y]]), np.array([size]), np.array([rotation]))
    matrix = regions.crop_matrices()
    places = np.array([[[x, y], [x + 30, y - 7]]])
    crops = np.einsum("nij,nkj->nki", matrix[:, :, :2], places) + matrix[:, None, :, 2]
    np.testing.assert_allclose(to_frame(crops, matrix), places, atol=1e-6)


def test_world_landmarks_are_turned_with_their_crop():
    regions = Regions(np.zeros((1, 2)), np.ones(1), np.array([np.pi / 2]))
    up_in_crop = np.array([[[0.0, -1.0, 0.3]]])
    assert to_upright(up_in_crop, regions)[0, 0] == pytest.approx([1.0, 0.0, 0.3])


def test_a_mirrored_look_that_sees_the_same_changes_nothing():
    random = np.random.default_rng(5)
    points, world = random.uniform(0, 255, (1, 39, 2)), random.normal(size=(1, 39, 3))
    visibility, presence = random.uniform(size=(1, 39)), np.array([0.8])
    from neuropose_ray.models.blazepose.landmarks import _PARTNERS as PARTNERS

    mirrored = (
        np.concatenate([points, (points * (-1, 1) + (255, 0))[:, PARTNERS]]),
        np.concatenate([world, (world * (-1, 1, 1))[:, PARTNERS]]),
        np.concatenate([visibility, visibility[:, PARTNERS]]),
        np.concatenate([presence, presence]),
    )
    for averaged, single in zip(average_mirrored(*mirrored), (points, world, visibility, presence), strict=True):
        np.testing.assert_allclose(averaged, single, atol=1e-12)
