"""Pictures show the people where the truth says they are."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from neuropose_ray.phantom.appearance import ORANGE, TEAL, Appearance
from neuropose_ray.phantom.body import CHILD, PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.phantom.render import RenderSettings, render_frames
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene

WIDTH, HEIGHT = 480, 360
TIMES = np.array([0.0, 0.55, 1.3])


def pictures(scene, times=TIMES, **settings):
    return np.stack(list(render_frames(scene, times, WIDTH, HEIGHT, RenderSettings(**settings))))


def colour_at(picture, pixel):
    column, row = np.floor(pixel).astype(int)
    return picture[row, column].astype(int)


def drawn(scene):
    """Where people are: they are drawn all in magenta, and the room has next to no colour."""
    persons = tuple(replace(person, appearance=Appearance(*[(255, 0, 255)] * 9)) for person in scene.persons)
    seen = pictures(Scene(persons, scene.camera)).astype(int)
    return seen[..., 0] - seen[..., 1] > 90


def test_the_same_scene_gives_the_same_bytes():
    scene = Scene((Person(Walking()), Person(SitToStand(), place_mm=(0, 900), appearance=ORANGE)))
    assert pictures(scene).tobytes() == pictures(scene).tobytes()


@pytest.mark.parametrize(
    ("motion", "view_deg"),
    [
        *product([Walking(), Squatting(), Reaching()], [0, 45, 90, 180, 300]),
        *product([SitToStand()], [0, 45, 90, 300]),  # from behind the stool hides the legs
    ],
    ids=lambda value: str(value) if isinstance(value, int) else type(value).__name__,
)
def test_every_joint_in_the_picture_is_on_the_drawn_person(motion, view_deg):
    scene = Scene((Person(motion),), PhantomCamera(view_deg=view_deg, distance_mm=3000))
    mask, pixels = drawn(scene), scene.truth(TIMES, WIDTH, HEIGHT).persons[0].joints2d_px
    for frame in range(len(TIMES)):
        for name, pixel in zip(PHANTOM_SKELETON.joint_names, pixels[frame], strict=True):
            column, row = np.floor(pixel).astype(int)
            if not (2 <= column < WIDTH - 2 and 2 <= row < HEIGHT - 2):
                continue
            # Nose, eyes and ears lie on the surface, so a silhouette may pass a pixel beside them.
            assert mask[frame, row - 1 : row + 2, column - 1 : column + 2].any(), (frame, name)


def test_nothing_is_drawn_far_from_the_person():
    scene = Scene((Person(Squatting()),), PhantomCamera(view_deg=30))
    mask, pixels = drawn(scene), scene.truth(TIMES, WIDTH, HEIGHT).persons[0].joints2d_px
    for frame in range(len(TIMES)):
        rows, columns = np.nonzero(mask[frame])
        low, high = pixels[frame].min(axis=0), pixels[frame].max(axis=0)
        assert low[0] - 25 < columns.min() <= columns.max() < high[0] + 25
        assert low[1] - 25 < rows.min() <= rows.max() < high[1] + 10


def test_the_face_is_seen_from_the_front_and_the_hair_from_behind():
    skin_or_hair = {}
    for view_deg in (0, 180):
        scene = Scene((Person(Reaching()),), PhantomCamera(view_deg=view_deg, distance_mm=2000))
        truth = scene.truth(TIMES[:1], WIDTH, HEIGHT).persons[0]
        eyes = truth.joints2d_px[0, [PHANTOM_SKELETON.index("right_eye"), PHANTOM_SKELETON.index("left_eye")]]
        skin_or_hair[view_deg] = colour_at(pictures(scene, TIMES[:1])[0], eyes.mean(axis=0)).sum()
    assert skin_or_hair[0] > 2 * skin_or_hair[180]


@pytest.mark.parametrize("teal_nearer", [True, False])
def test_the_nearer_person_hides_the_farther_one(teal_nearer):
    near, far = (600.0, 0.0), (-600.0, 0.0)
    teal = Person(Squatting(), appearance=TEAL, place_mm=near if teal_nearer else far)
    orange = Person(Squatting(), appearance=ORANGE, place_mm=far if teal_nearer else near)
    for persons in ((teal, orange), (orange, teal)):
        scene = Scene(persons, PhantomCamera(view_deg=0, height_mm=900))
        truth = scene.truth(TIMES[:1], WIDTH, HEIGHT)
        nearer = min(truth.persons, key=lambda person: person.joints3d_mm[0, 0, 2])
        names = ("right_shoulder", "left_shoulder", "right_hip", "left_hip")
        trunk = nearer.joints2d_px[0, [PHANTOM_SKELETON.index(name) for name in names]].mean(axis=0)
        red, _, blue = colour_at(pictures(scene, TIMES[:1])[0], trunk)
        assert (blue > red) == teal_nearer


def test_a_child_is_drawn_smaller_than_an_adult():
    heights = []
    for proportions in ({}, {"proportions": CHILD}):
        rows, _ = np.nonzero(drawn(Scene((Person(Squatting(), **proportions),)))[0])
        heights.append(np.ptp(rows))
    assert heights[1] / heights[0] == pytest.approx(1160 / 1741, abs=0.04)


def test_a_person_partly_or_wholly_outside_the_picture_is_no_trouble():
    for place in ((0.0, 2300.0), (0.0, 9000.0), (3800.0, 0.0), (9000.0, 0.0)):
        picture = pictures(Scene((Person(Squatting(), place_mm=place),)), TIMES[:1])
        assert picture.shape == (1, HEIGHT, WIDTH, 3)


def test_an_empty_room_moves_with_the_camera():
    still = pictures(Scene((), PhantomCamera()))
    assert (still[0] == still[2]).all()
    moving = pictures(Scene((), PhantomCamera(pan_deg_per_s=10)))
    assert (moving[0] != moving[2]).any()


def test_edges_are_smooth_when_supersampled():
    scene = Scene((Person(Squatting()),))
    shades = {n: len(np.unique(pictures(scene, TIMES[:1], supersampling=n) @ [65536, 256, 1])) for n in (1, 3)}
    assert shades[3] > 1.5 * shades[1]
