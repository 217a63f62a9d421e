"""The surface is closed, looks outward, and encloses a body of the person's proportions that stands on the floor."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from neuropose_ray.phantom.appearance import ORANGE, TEAL
from neuropose_ray.phantom.body import (
    ADULT,
    ANGLE_NAMES,
    CHILD,
    PHANTOM_SKELETON,
    SEGMENTS,
    TALL_ADULT,
    Posture,
    forward_kinematics,
    head_size_mm,
)
from neuropose_ray.phantom.mesh import body_mesh, merge, stool_mesh, tube
from neuropose_ray.phantom.rotations import rotate

UP, FRONT, RIGHT = np.array([0.0, 1, 0]), np.array([1.0, 0, 0]), np.array([0.0, 0, 1])
PEOPLE = pytest.mark.parametrize("person", [ADULT, TALL_ADULT, CHILD], ids=["adult", "tall", "child"])
sizes = st.floats(5, 500)


def volume_mm3(vertices, quads):
    """By the divergence theorem; positive where quadrilaterals are counter-clockwise seen from outside."""
    a, b, c, d = np.moveaxis(vertices[quads], 1, 0)
    return ((np.cross(a, b) * c).sum() + (np.cross(a, c) * d).sum()) / 6


def standing(person):
    """The mesh's vertices ``(vertices, 3)`` and the joints by name, of a person who stands upright in the world."""
    pelvis = np.array([[0.0, person.hip_height * person.stature_mm, 0]])
    body = forward_kinematics(person, Posture(pelvis, {name: np.zeros(1) for name in ANGLE_NAMES}))
    mesh = body_mesh(person, TEAL)
    vertices = rotate(body.rotations[0][mesh.segments], mesh.vertices_mm) + body.origins_mm[0][mesh.segments]
    return mesh, vertices, dict(zip(PHANTOM_SKELETON.joint_names, body.joints_mm[0], strict=True))


@given(length=sizes, depth=sizes, width=sizes, offset=st.floats(-100, 100), sides=st.integers(3, 30))
@settings(max_examples=40, deadline=None)
def test_a_tube_encloses_the_volume_of_its_prism(length, depth, width, offset, sides):
    made = tube("head", UP, FRONT, [(0, offset, depth, width), (length, offset, depth, width)], (9, 8, 7), sides)
    across = sides / 2 * np.sin(2 * np.pi / sides) * depth * width
    assert volume_mm3(made.vertices_mm, made.quads) == pytest.approx(across * length)


def test_a_tube_runs_along_its_axis_with_its_depth_to_the_front():
    made = tube("left_thigh", RIGHT, UP, [(10, 5, 30, 20), (110, 5, 30, 20)], (9, 8, 7), 4, covers_mm=12)
    along, depth = made.vertices_mm @ RIGHT, made.vertices_mm @ UP
    aside = made.vertices_mm @ FRONT
    assert (along.min(), along.max()) == (10, 110)
    assert (depth.min(), depth.max()) == pytest.approx((5 - 30, 5 + 30))
    assert (aside.min(), aside.max()) == pytest.approx((-20, 20))
    assert {SEGMENTS[segment] for segment in made.segments} == {"left_thigh"}
    assert (made.colours == (9, 8, 7)).all()
    assert (made.covers_mm == 12).all()


def test_merged_meshes_keep_their_quadrilaterals():
    first = tube("head", UP, FRONT, [(0, 0, 1, 1), (5, 0, 1, 1)], (1, 2, 3), 5, covers_mm=1)
    second = tube("pelvis", UP, FRONT, [(0, 0, 2, 2), (5, 0, 2, 2)], (4, 5, 6), 7, covers_mm=2)
    both = merge([first, second])
    np.testing.assert_array_equal(
        both.vertices_mm[both.quads],
        np.concatenate([first.vertices_mm[first.quads], second.vertices_mm[second.quads]]),
    )
    assert Counter(both.covers_mm.tolist()) == {1.0: len(first.quads), 2.0: len(second.quads)}
    # A quadrilateral moves with one segment alone, and with the right one.
    assert {SEGMENTS[n] for n in both.segments[both.quads[: len(first.quads)]].ravel()} == {"head"}
    assert {SEGMENTS[n] for n in both.segments[both.quads[len(first.quads) :]].ravel()} == {"pelvis"}


@PEOPLE
def test_who_stands_touches_the_floor_and_reaches_to_the_stature(person):
    _, vertices, _ = standing(person)
    assert vertices[:, 1].min() == pytest.approx(0, abs=1e-6)
    hair = 0.035 * head_size_mm(person)
    assert vertices[:, 1].max() == pytest.approx(person.stature_mm + hair, abs=0.2 * hair)


@PEOPLE
def test_every_joint_of_trunk_and_limbs_lies_within_the_surface_of_its_segment(person):
    mesh, vertices, joints = standing(person)
    for name, segments in {
        "shoulder": ["upper_arm"], "elbow": ["upper_arm", "forearm"], "wrist": ["forearm"],
        "hip": ["thigh"], "knee": ["thigh", "shank"], "ankle": ["shank"], "heel": ["foot"], "toe": ["foot"],
    }.items():  # fmt: skip
        for side in ("right", "left"):
            for segment in segments:
                points = vertices[mesh.segments == SEGMENTS.index(f"{side}_{segment}")]
                # A shank ends at its ankle.
                assert (points.min(axis=0) <= joints[f"{side}_{name}"] + 1e-6).all(), (side, name, segment)
                assert (points.max(axis=0) >= joints[f"{side}_{name}"] - 1e-6).all(), (side, name, segment)


@PEOPLE
def test_the_left_half_mirrors_the_right_half(person):
    _, vertices, _ = standing(person)
    apart, _ = KDTree(vertices).query(vertices * (1, 1, -1))
    assert apart.max() < 1e-6


@pytest.mark.parametrize(("person", "litres"), [(ADULT, (65, 100)), (CHILD, (18, 32))], ids=["adult", "child"])
def test_the_surface_looks_outward_and_encloses_about_as_much_as_a_body(person, litres):
    mesh, vertices, _ = standing(person)
    segments = mesh.segments[mesh.quads[:, 0]]
    assert all(volume_mm3(vertices, mesh.quads[segments == number]) > 0 for number in range(len(SEGMENTS)))
    # Parts lie in each other at the joints, and clothes over the body.
    assert litres[0] < volume_mm3(vertices, mesh.quads) / 1e6 < litres[1]


def test_a_larger_person_of_the_same_proportions_has_the_same_surface_enlarged():
    once, twice = body_mesh(ADULT, TEAL), body_mesh(ADULT.model_copy(update={"stature_mm": 2 * 1741}), TEAL)
    np.testing.assert_allclose(twice.vertices_mm, 2 * once.vertices_mm, atol=1e-9)
    np.testing.assert_array_equal(once.quads, twice.quads)


@pytest.mark.parametrize("appearance", [TEAL, ORANGE], ids=["teal", "orange"])
def test_clothes_skin_and_hair_are_where_they_are_worn(appearance):
    mesh = body_mesh(ADULT, appearance)
    worn = {}
    for quad, colour in zip(mesh.quads, mesh.colours, strict=True):
        worn.setdefault(SEGMENTS[mesh.segments[quad[0]]], set()).add(tuple(colour.astype(int)))
    for side in ("right", "left"):
        assert worn[f"{side}_thigh"] == {appearance.trousers}
        assert worn[f"{side}_shank"] == {appearance.trousers, appearance.skin}
        assert worn[f"{side}_foot"] == {appearance.shoes, appearance.sole}
        assert worn[f"{side}_upper_arm"] == {appearance.shirt, appearance.skin}
        assert worn[f"{side}_forearm"] == {appearance.skin}
    assert worn["pelvis"] == {appearance.trousers}
    assert worn["thorax"] == {appearance.shirt, appearance.skin}  # the neck
    assert worn["head"] == {getattr(appearance, part) for part in ("skin", "hair", "lips", "eye_white", "iris")}


def test_cloth_covers_skin_and_hair_covers_the_skull():
    mesh = body_mesh(ADULT, TEAL)

    def covers(segment, colour):
        of_it = (mesh.segments[mesh.quads[:, 0]] == SEGMENTS.index(segment)) & (mesh.colours == colour).all(axis=1)
        return mesh.covers_mm[of_it]

    assert covers("right_upper_arm", TEAL.shirt).min() > covers("right_upper_arm", TEAL.skin).max()
    assert covers("right_shank", TEAL.trousers).min() > covers("right_shank", TEAL.skin).max()
    assert covers("thorax", TEAL.shirt).min() > covers("thorax", TEAL.skin).max()
    skull = covers("head", TEAL.skin).min()
    assert covers("head", TEAL.hair).max() > skull


def test_hair_leaves_the_face_free_and_grows_at_the_back():
    mesh = body_mesh(ADULT, TEAL)
    hair = (mesh.colours == TEAL.hair).all(axis=1) & (mesh.covers_mm == 35)
    middles = mesh.vertices_mm[mesh.quads[hair]].mean(axis=1) / head_size_mm(ADULT)
    front, back = middles[:, 0] > 0.30, middles[:, 0] < -0.30
    assert middles[front, 1].min() > 0.65  # over the brows
    assert middles[back, 1].min() < 0.4  # down to the nape


def test_an_arm_comes_out_of_an_open_sleeve():
    mesh = body_mesh(ADULT, TEAL)
    sleeve = (mesh.segments[mesh.quads[:, 0]] == SEGMENTS.index("right_upper_arm")) & (mesh.covers_mm == 45)
    ends = mesh.vertices_mm[mesh.quads[sleeve]][..., 1]
    lowest = ends.min()
    # The lowest ring is an edge of the cloth: no quadrilateral lies flat in it.
    assert not (np.abs(ends - lowest) < 1e-6).all(axis=1).any()


def test_a_stool_stands_on_the_floor_under_its_seat():
    stool = stool_mesh(450)
    assert stool.vertices_mm[:, 1].min() == -450
    assert stool.vertices_mm[:, 1].max() == 0
    assert np.abs(stool.vertices_mm[:, [0, 2]]).max() <= 170
    feet = stool.vertices_mm[stool.vertices_mm[:, 1] == -450][:, [0, 2]]
    assert {tuple(np.sign(foot)) for foot in feet} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    assert volume_mm3(stool.vertices_mm, stool.quads) > 0
