import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.evaluate.alignment import procrustes, rooted, scaled, turned

BODIES = np.random.default_rng(4).normal(scale=300, size=(5, 12, 3))


@given(st.integers(0, 10_000), st.floats(0.2, 5))
def test_procrustes_forgives_rotation_place_and_scale_of_each_frame(seed: int, scale: float):
    turns = Rotation.random(5, random_state=seed).as_matrix()
    moved = scale * np.einsum("tij,tkj->tki", turns, BODIES) + [100, -50, 3000]
    np.testing.assert_allclose(procrustes(moved, BODIES), BODIES, atol=1e-6)


def test_procrustes_never_mirrors():
    apart = procrustes(BODIES * [-1, 1, 1], BODIES) - BODIES
    assert np.linalg.norm(apart, axis=-1).mean() > 50


def test_procrustes_is_scipys():
    from scipy.spatial import procrustes as standard

    other = BODIES + np.random.default_rng(1).normal(scale=30, size=BODIES.shape)
    for moved, target, source in zip(procrustes(other, BODIES), BODIES, other, strict=True):
        fixed, fitted, _ = standard(target, source)
        centred = target - target.mean(0)
        np.testing.assert_allclose(moved - target, (fitted - fixed) * np.linalg.norm(centred), atol=1e-9)


def test_the_root_is_the_middle_of_the_hips():
    np.testing.assert_allclose(rooted(BODIES)[:, :2].mean(1), 0, atol=1e-12)


def test_one_rotation_serves_all_frames():
    turn = Rotation.from_euler("xyz", [100, 20, -50], degrees=True).as_matrix()
    np.testing.assert_allclose(turned(BODIES @ turn, BODIES), BODIES, atol=1e-9)
    turns = Rotation.random(5, random_state=1).as_matrix()
    assert np.abs(turned(BODIES @ turns, BODIES) - BODIES).max() > 50


def test_each_frame_has_its_own_scale():
    factors = np.array([0.5, 1, 2, 3, 4])[:, None, None]
    np.testing.assert_allclose(scaled(BODIES * factors, BODIES), BODIES)


@pytest.mark.filterwarnings("error")
def test_a_body_without_extent_is_no_division_by_zero():
    assert np.isfinite(procrustes(np.zeros((1, 12, 3)), BODIES[:1])).all()
