"""Against rigid bodies whose every axis turns, and what mechanics says of any body."""

import numpy as np
import pytest
from analysis.body.bodies import UP, G, motion_of, performed, thrown, truth
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.body.energy import body_motion
from neuropose_ray.analysis.body.segments import body_segments
from neuropose_ray.phantom.body import ADULT, CHILD, TALL_ADULT
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting

MOVEMENTS = (Squatting(), Walking(), SitToStand(), Reaching())


def measured(motion, masses="mean"):
    return body_motion(body_segments(motion, masses), motion.timestamps_s)


@pytest.mark.parametrize("fps", [30.0, 60.0])
@pytest.mark.parametrize("proportions", [ADULT, TALL_ADULT, CHILD], ids=["adult", "tall", "child"])
@pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: type(movement).__name__)
def test_centre_of_mass_and_energies_of_known_bodies_are_within_1_per_cent(movement, proportions, fps):
    motion = performed(movement, proportions, fps=fps)
    found, true = measured(motion), truth(movement, proportions, motion.timestamps_s)
    stature = proportions.stature_mm / 1000
    np.testing.assert_allclose(found.centre_m, true.centre_m, atol=1e-6 * stature)
    assert found.kinetic_j_per_kg.mean() == pytest.approx(true.kinetic.mean(), rel=0.01)
    assert found.kinetic_j_per_kg.max() == pytest.approx(true.kinetic.max(), rel=0.01)
    assert found.translational_j_per_kg.mean() == pytest.approx(true.translational.mean(), rel=0.01)


@pytest.mark.parametrize("masses", ["female", "male"])
def test_of_women_and_men_too(masses):
    motion = performed(Squatting())
    found, true = measured(motion, masses), truth(Squatting(), ADULT, motion.timestamps_s, masses)
    np.testing.assert_allclose(found.centre_m, true.centre_m, atol=1e-6)
    assert found.kinetic_j_per_kg.mean() == pytest.approx(true.kinetic.mean(), rel=0.01)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_in_free_fall_potential_and_kinetic_energy_together_do_not_change(seed):
    found = measured(thrown(seed))
    total = found.kinetic_j_per_kg + G * found.centre_m @ np.array(UP)
    assert np.ptp(total) < 1e-6


def turned(motion, seed):
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    axes *= np.linalg.det(axes)
    away = np.random.default_rng(seed).uniform(-5000, 5000, 3)
    return motion_of(motion.positions @ axes.T + away, motion.timestamps_s), axes, away / 1000


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_where_the_body_is_and_which_way_it_faces_changes_no_energy(seed):
    motion = performed(Walking(), seconds=1.5)
    elsewhere, axes, away = turned(motion, seed)
    found, other = measured(motion), measured(elsewhere)
    np.testing.assert_allclose(other.centre_m, found.centre_m @ axes.T + away, atol=1e-6)
    np.testing.assert_allclose(other.kinetic_j_per_kg, found.kinetic_j_per_kg, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.rotational_j_per_kg, found.rotational_j_per_kg, rtol=1e-6, atol=1e-9)


@given(st.floats(0.5, 2), st.floats(0.5, 2))
@settings(max_examples=10, deadline=None)
def test_energies_grow_with_the_square_of_size_and_of_pace(size, pace):
    motion = performed(Squatting(), seconds=2.0)
    scaled = motion_of(size * motion.positions, motion.timestamps_s / pace)
    factor = (size * pace) ** 2
    for name in ("translational_j_per_kg", "rotational_j_per_kg"):
        np.testing.assert_allclose(
            getattr(measured(scaled), name), factor * getattr(measured(motion), name), rtol=1e-6
        )


def test_a_body_that_turns_as_a_whole_about_the_vertical_has_the_energy_of_its_moment_of_inertia():
    rest, rate = performed(Squatting(), seconds=0.05).positions[0], 2.0
    times = np.arange(0, 1, 1 / 60)
    cosine, sine, zero, one = np.cos(rate * times), np.sin(rate * times), 0 * times, 1 + 0 * times
    spin = np.stack([[cosine, zero, sine], [zero, one, zero], [-sine, zero, cosine]]).transpose(2, 0, 1)
    found = measured(motion_of(np.einsum("fij,nj->fni", spin, rest), times))
    assert np.ptp(found.kinetic_j_per_kg) < 1e-3 * found.kinetic_j_per_kg.mean()
    assert (found.rotational_j_per_kg > 0).all()


def test_nobody_has_no_energy():
    motion = performed(Squatting(), seconds=1.0)
    gone = motion_of(np.full_like(motion.positions, np.nan), motion.timestamps_s)
    assert np.isnan(measured(gone).kinetic_j_per_kg).all()
    nothing = motion_of(motion.positions[:0], motion.timestamps_s[:0])
    assert measured(nothing).centre_m.shape == (0, 3)
