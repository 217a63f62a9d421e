import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.models.blazepose.geometry import (
    LANDMARK_SIDE,
    Regions,
    View,
    default_tile_rows,
    detector_anchors,
    tile_views,
    whole_view,
)

sides = st.integers(64, 4000)


def test_anchors_are_the_2254_of_the_detector_row_by_row():
    anchors = detector_anchors()
    assert anchors.shape == (2254, 2)
    assert anchors[0] == pytest.approx([0.5 / 28, 0.5 / 28])
    assert anchors[1] == pytest.approx(anchors[0])
    assert anchors[2] == pytest.approx([1.5 / 28, 0.5 / 28])
    assert anchors[-1] == pytest.approx([6.5 / 7, 6.5 / 7])


def test_an_upright_body_gives_an_upright_square_around_the_hips():
    region = Regions.from_points(np.array([[100.0, 200.0]]), np.array([[100.0, 100.0]]))
    assert region.rotations == pytest.approx([0.0])
    assert region.sizes == pytest.approx([250.0])
    assert region.centres == pytest.approx(np.array([[100.0, 200.0]]))


def test_a_body_whose_head_points_right_is_turned_a_quarter_clockwise():
    region = Regions.from_points(np.array([[0.0, 0.0]]), np.array([[100.0, 0.0]]))
    assert region.rotations == pytest.approx([np.pi / 2])


@given(st.floats(-np.pi, np.pi), st.floats(10, 2000), st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
def test_the_crop_shows_the_hips_in_its_middle_and_the_head_above(angle, reach, hips):
    hip = np.array([hips])
    top = hip + reach * np.array([[np.sin(angle), -np.cos(angle)]])
    matrix = Regions.from_points(hip, top).crop_matrices()[0]
    middle = LANDMARK_SIDE / 2
    assert matrix @ [*hip[0], 1] == pytest.approx([middle, middle], abs=1e-6)
    assert matrix @ [*top[0], 1] == pytest.approx([middle, middle - LANDMARK_SIDE / 2.5], abs=1e-6)


@given(sides, sides)
def test_the_whole_view_maps_the_frame_into_the_detectors_square(width, height):
    matrix = whole_view(width, height).matrix
    for corner in ((0, 0), (width, 0), (0, height), (width, height)):
        assert np.all(matrix @ [*corner, 1] >= -1e-3)
        assert np.all(matrix @ [*corner, 1] <= 224 + 1e-3)


@given(sides, sides, st.integers(1, 4))
def test_tiles_cover_the_frame_and_overlap_by_a_quarter(width, height, rows):
    tiles = tile_views(width, height, rows)
    side = tiles[0].side
    for length, starts in ((width, {tile.left for tile in tiles}), (height, {tile.top for tile in tiles})):
        ordered = sorted(starts)
        assert ordered[0] <= 1e-6
        assert ordered[-1] + side >= length - 1e-6
        assert np.all(np.diff(ordered) <= 0.75 * side + 1e-6)


def test_small_frames_are_tiled_as_far_as_the_detector_sees_more():
    assert default_tile_rows(320, 200) == 0
    assert default_tile_rows(270, 240) == 0
    assert default_tile_rows(480, 270) == default_tile_rows(320, 240) == default_tile_rows(240, 426) == 1
    assert default_tile_rows(1280, 720) == 2
    assert default_tile_rows(3840, 2160) == 3
    assert tile_views(320, 240, 0) == []


def test_a_view_scales_its_square_to_the_detectors_input():
    assert View(100, 50, 448).matrix @ [100 + 448, 50, 1] == pytest.approx([224, 0])


@given(st.integers(0, 10**6), st.floats(30, 2000), st.floats(-3, 3))
def test_a_snapped_square_is_the_same_but_for_a_cell_of_the_grid(number: int, size: float, turn: float):
    region = Regions(np.array([[500.0, 300.0]]), np.array([size]), np.array([turn]))
    snapped = region.snapped(number)
    assert np.abs(snapped.centres - region.centres).max() <= size / 32
    assert abs(np.log2(snapped.sizes[0] / size)) <= 1 / 31
    assert abs(snapped.rotations[0] - turn) <= 1 / 31
