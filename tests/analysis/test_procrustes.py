"""Alignment against the formulas of Kabsch and Umeyama, written naively, and against scipy's rotations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.analysis.procrustes import procrustes_align
from neuropose_ray.errors import InputError

MODES = ("per_frame", "per_sequence")
modes, seeds, flags = st.sampled_from(MODES), st.integers(0, 10_000), st.booleans()


def two_sequences(seed, frames=5, joints=6):
    random = np.random.default_rng(seed)
    return random.normal(scale=400, size=(2, frames, joints, 3)) + random.normal(scale=2000, size=(2, 1, 1, 3))


def stated_fit(source, target, scale):
    """``(scale, rotation, translation)`` of points ``(n, 3)``, one step after the other."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    moving, fixed = source - source_mean, target - target_mean
    left, values, right = np.linalg.svd(moving.T @ fixed)
    handed = np.diag([1, 1, np.sign(np.linalg.det(right.T @ left.T)) or 1])
    rotation = right.T @ handed @ left.T
    variance = np.sum(moving**2)
    factor = np.sum(values * np.diag(handed)) / variance if scale and variance else 1.0
    return factor, rotation, target_mean - factor * rotation @ source_mean


def stated_alignment(source, target, mode, scale):
    stretches = (
        [(source.reshape(-1, 3), target.reshape(-1, 3))]
        if mode == "per_sequence"
        else list(zip(source, target, strict=True))
    )
    fits = [stated_fit(*stretch, scale) for stretch in stretches]
    moved = [
        np.array([factor * rotation @ point + translation for point in points])
        for (points, _), (factor, rotation, translation) in zip(stretches, fits, strict=True)
    ]
    turns = [np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))) for _, rotation, _ in fits]
    return np.concatenate(moved).reshape(source.shape), fits, turns


@given(seeds, modes, flags)
@settings(max_examples=60)
def test_numbers_are_those_of_the_stated_formulas(seed, mode, scale):
    source, target = two_sequences(seed)
    untouched = source.copy(), target.copy()
    aligned, same_target, found = procrustes_align(source, target, mode=mode, scale=scale)
    moved, fits, turns = stated_alignment(source, target, mode, scale)
    np.testing.assert_allclose(aligned, moved, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(same_target, target)
    lengths = [np.linalg.norm(translation) for _, _, translation in fits]
    assert (found.mode, found.coverage) == (mode, 1)
    assert (found.rotation_deg, found.rotation_deg_max) == pytest.approx((np.mean(turns), max(turns)), abs=1e-9)
    assert (found.translation, found.translation_max) == pytest.approx((np.mean(lengths), max(lengths)), rel=1e-9)
    assert found.scale == pytest.approx(np.mean([factor for factor, _, _ in fits]), rel=1e-9)
    np.testing.assert_array_equal([source, target], untouched)


@given(seeds, modes, st.floats(0.5, 2))
@settings(max_examples=30)
def test_a_moved_body_is_brought_back_whole(seed, mode, factor):
    target = two_sequences(seed)[0]
    turn = Rotation.random(random_state=seed)
    source = (turn.apply(target.reshape(-1, 3)) * factor + [100, -2000, 350]).reshape(target.shape)
    aligned, _, found = procrustes_align(source, target, mode=mode, scale=True)
    np.testing.assert_allclose(aligned, target, atol=1e-6)
    assert found.scale == pytest.approx(1 / factor)
    assert found.rotation_deg == pytest.approx(np.degrees(turn.magnitude()), abs=1e-4)


def test_the_rotation_is_that_of_scipy():
    source, target = two_sequences(11)
    aligned, _, found = procrustes_align(source, target)
    centred = [points.reshape(-1, 3) - points.mean((0, 1)) for points in (source, target)]
    turn, _ = Rotation.align_vectors(centred[1], centred[0])
    np.testing.assert_allclose(aligned.reshape(-1, 3), turn.apply(centred[0]) + target.mean((0, 1)), atol=1e-6)
    assert found.rotation_deg == pytest.approx(np.degrees(turn.magnitude()))


@pytest.mark.parametrize("mode", MODES)
def test_a_mirrored_body_is_not_mirrored_back(mode):
    target = two_sequences(3)[0]
    aligned, _, _ = procrustes_align(target * [-1, 1, 1], target, mode=mode)
    assert np.abs(aligned - target).max() > 50


def test_without_extent_there_is_nothing_to_scale():
    _, _, found = procrustes_align(np.ones((2, 4, 3)), np.zeros((2, 4, 3)), scale=True)
    assert found.scale == 1
    assert found.translation == pytest.approx(np.sqrt(3))


@given(seeds, modes, flags)
@settings(max_examples=40)
def test_missing_joints_take_no_part_in_the_fit_and_stay_missing(seed, mode, scale):
    source, target = two_sequences(seed)
    random = np.random.default_rng(seed)
    lost_here, lost_there = (np.zeros((5, 6), bool) for _ in range(2))
    lost_here[random.integers(5), random.integers(6)] = True
    lost_there[random.integers(5), random.integers(6)] = True
    source[lost_here], target[lost_there] = np.nan, np.nan
    aligned, _, found = procrustes_align(source, target, mode=mode, scale=scale)
    common = ~(lost_here | lost_there)
    np.testing.assert_array_equal(np.isnan(aligned).any(-1), lost_here)
    assert found.coverage == pytest.approx(common.mean())
    stretches = [(slice(None), common)] if mode == "per_sequence" else [(frame, common[frame]) for frame in range(5)]
    for frames, known in stretches:
        factor, rotation, translation = stated_fit(source[frames][known], target[frames][known], scale)
        expected = factor * source[frames] @ rotation.T + translation
        np.testing.assert_allclose(aligned[frames], expected, rtol=1e-9, atol=1e-9)


def test_a_frame_with_too_few_joints_is_missing_and_does_not_spoil_the_others():
    source, target = two_sequences(5)
    whole = procrustes_align(source[1:], target[1:], mode="per_frame")
    source[0, 2:] = np.nan
    aligned, _, found = procrustes_align(source, target, mode="per_frame")
    assert np.isnan(aligned[0]).all()
    np.testing.assert_array_equal(aligned[1:], whole[0])
    assert found.rotation_deg == whole[2].rotation_deg
    assert found.coverage == pytest.approx(4 / 5)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_in_common_is_a_plain_error(mode):
    source, target = two_sequences(5)
    with pytest.raises(InputError, match="fewer than 3 joints"):
        procrustes_align(np.full_like(source, np.nan), target, mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_without_frames_nothing_is_moved(mode):
    aligned, target, found = procrustes_align(np.zeros((0, 4, 3)), np.zeros((0, 4, 3)), mode=mode)
    assert aligned.shape == target.shape == (0, 4, 3)
    assert (found.rotation_deg, found.translation, found.scale) == (0, 0, 1)


def test_what_does_not_fit_is_refused():
    poses = np.zeros((2, 4, 3))
    with pytest.raises(ValueError, match="same shape"):
        procrustes_align(poses, poses[:1])
    with pytest.raises(ValueError, match="joints, 3"):
        procrustes_align(poses[..., :2], poses[..., :2])
    with pytest.raises(ValueError, match="unknown mode"):
        procrustes_align(poses, poses, mode="per_joint")
