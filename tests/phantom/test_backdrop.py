"""The empty room: shades by elevation, lines on the floor where they are in the world, shadows under the people."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from neuropose_ray.phantom.backdrop import Backdrop
from neuropose_ray.phantom.body import SEGMENTS
from neuropose_ray.phantom.scene import PhantomCamera

WIDTH, HEIGHT = 320, 240
#: Of the lines on the floor.
LINE = (168, 170, 172)


class Room:
    """A camera in the room, and what it draws."""

    def __init__(self, size=(WIDTH, HEIGHT), **camera):
        self._camera = PhantomCamera(**{"distance_mm": 4000, "target_mm": (0, 900, 0), **camera})
        self.intrinsics = self._camera.intrinsics(*size)
        rotations, positions = self._camera.extrinsics(np.zeros(1))
        self.rotation, self.position = rotations[0], positions[0]
        self.backdrop = Backdrop(self.intrinsics)

    def draw(self, *bodies):
        return self.backdrop.draw(self.rotation, self.position, bodies)

    def pixel(self, point_mm):
        """Column and row of a point in the world."""
        return self.intrinsics.project((np.array(point_mm, float) - self.position) @ self.rotation.T)

    def elevation_sines(self):
        """``(height,)`` of the rays through the middles of the rows, in the middle column."""
        rows = np.arange(HEIGHT) + 0.5
        pixels = np.stack([np.full(HEIGHT, WIDTH / 2), rows], axis=1)
        rays = np.concatenate([self.intrinsics.viewing_directions(pixels), np.ones((HEIGHT, 1))], axis=1)
        return (rays @ self.rotation)[:, 1] / np.linalg.norm(rays, axis=1)


def standing(x_mm=0.0, z_mm=0.0):
    """Origins ``(segments, 3)`` of somebody who stands there."""
    body = np.zeros((len(SEGMENTS), 3))
    body[:] = x_mm, 900, z_mm
    for side, sign in (("right", 1), ("left", -1)):
        body[SEGMENTS.index(f"{side}_foot")] = x_mm, 80, z_mm + sign * 90
    return body


def without_lines(picture):
    """``(height, 3)`` the colour of each row; a line may run along one, not along most of 15."""
    rows = np.median(picture, axis=1)
    return median_filter(rows, (15, 1), mode="nearest").astype(int)


@pytest.mark.parametrize(
    ("camera", "sine", "colour"),
    [
        ({"height_mm": 900}, 0.02, (208, 215, 220)),  # the wall at eye level
        ({"height_mm": 900}, -0.06, (196, 198, 198)),  # the floor far away
        ({"height_mm": 3500, "distance_mm": 2800}, -0.6, (150, 148, 146)),  # the floor at the camera
        ({"height_mm": 100, "target_mm": (0, 1700, 0), "distance_mm": 2500}, 0.5, (176, 188, 198)),  # high up
    ],
)
def test_a_colour_is_that_of_its_elevation(camera, sine, colour):
    room = Room(**camera)
    sines = room.elevation_sines()
    row = int(np.abs(sines - sine).argmin())
    assert abs(sines[row] - sine) < 0.005
    np.testing.assert_allclose(without_lines(room.draw())[row], colour, atol=2)


def test_the_room_is_lightest_at_eye_level():
    room = Room(height_mm=900)
    light, sines = without_lines(room.draw()).sum(axis=1), room.elevation_sines()
    above, below = light[sines > 0.03], light[sines < -0.15]  # farther away lines lie close together
    assert (np.diff(above) >= 0).all()  # rows go down
    assert (np.diff(below) <= 1).all()  # a rounding of one channel
    assert np.ptp(above) > 10
    assert np.ptp(below) > 40
    assert above[-1] > below[0]


@pytest.mark.parametrize("view_deg", [0, 30, 200])
def test_lines_lie_a_metre_apart_on_the_floor(view_deg):
    room = Room((1280, 960), view_deg=view_deg, height_mm=1600)
    picture = room.draw().astype(int)
    floor = without_lines(picture)
    for point in [(0, 0, 500), (500, 0, 0), (1000, 0, -500), (-500, 0, 1000), (0, 0, 0), (-1000, 0, 500)]:
        column, row = np.floor(room.pixel(point)).astype(int)
        assert 0 < column < 1279
        assert 0 < row < 959
        near = picture[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
        assert np.abs(near - LINE).sum(axis=1).min() < 0.5 * np.abs(floor[row] - LINE).sum(), point
    for point in [(500, 0, 500), (-500, 0, 500), (500, 0, -500)]:
        column, row = np.floor(room.pixel(point)).astype(int)
        np.testing.assert_allclose(picture[row, column], floor[row], atol=1)


@pytest.mark.parametrize("view_deg", range(0, 360, 45))
def test_no_line_runs_over_the_wall(view_deg):
    """Also not one that begins behind the camera."""
    room = Room(view_deg=view_deg, height_mm=1500, distance_mm=2000)
    wall = room.draw()[room.elevation_sines() > 0.01]
    assert len(wall) > 20
    assert (wall == wall[:, :1]).all()


def test_a_camera_that_stands_still_has_the_same_room_and_one_that_moves_another():
    room = Room()
    first = room.draw()
    np.testing.assert_array_equal(room.draw(), first)
    rotation, position = room.rotation, room.position + [0, 0, 137]
    moved = room.backdrop.draw(rotation, position, [])
    assert (moved != first).any()
    np.testing.assert_array_equal(moved, Backdrop(room.intrinsics).draw(rotation, position, []))
    turned = PhantomCamera(distance_mm=4000, view_deg=20).extrinsics(np.zeros(1))[0][0]
    assert (room.backdrop.draw(turned, position, []) != moved).any()


def test_a_shadow_lies_under_the_feet_and_nowhere_else():
    room = Room((1280, 960), height_mm=1600)
    empty, shaded = room.draw().astype(int), room.draw(standing()).astype(int)
    darker = (empty - shaded).sum(axis=-1)
    assert darker.min() >= -3  # a rounding, and never light
    rows, columns = np.nonzero(darker > 15)
    corners = [room.pixel((x, 0, z)) for x in (-330, 330) for z in (-330, 330)]
    low, high = np.min(corners, axis=0) - 24, np.max(corners, axis=0) + 24  # their edges are soft
    assert low[0] < columns.min() <= columns.max() < high[0]
    assert low[1] < rows.min() <= rows.max() < high[1]
    for z in (-90, 90):
        column, row = np.floor(room.pixel((0, 0, z))).astype(int)
        share = shaded[row, column] / empty[row, column]
        assert share == pytest.approx([1 - 90 / 255] * 3, abs=0.08)
    column, row = np.floor(room.pixel((0, 0, 270))).astype(int)
    assert shaded[row, column] / empty[row, column] == pytest.approx([1 - 40 / 255] * 3, abs=0.06)


def test_shadows_go_with_the_people_and_leave_the_room_as_it_was():
    room = Room(height_mm=1600)
    empty = room.draw()
    one, both = (room.draw(*bodies) for bodies in ([standing(0, -1300)], [standing(0, -1300), standing(0, 1300)]))
    columns = np.nonzero((one != empty).any(axis=(0, 2)))[0]
    other = np.nonzero((both != one).any(axis=(0, 2)))[0]
    middle = room.pixel((0, 0, 0))[0]
    assert (columns.max() < middle) == (room.pixel((0, 0, -1300))[0] < middle)
    assert (other.max() < middle) != (columns.max() < middle)
    np.testing.assert_array_equal(room.draw(), empty)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("place_mm", [(9000, 0), (3900, 0), (0, 30000), (0, -30000)])
def test_who_stands_behind_the_camera_or_far_beside_it_casts_no_shadow(place_mm):
    room = Room()
    np.testing.assert_array_equal(room.draw(standing(*place_mm)), room.draw())
