"""Other people make the same movement: their bones point where they did, with lengths of their own."""

import numpy as np
import pytest

from neuropose_ray.lifting.training.bodies import HEIGHT_M, with_other_bodies
from neuropose_ray.schemas.skeleton import LANDMARKS


def index(*names: str) -> list[int]:
    return [LANDMARKS.index(name) for name in names]


def test_limbs_are_those_that_the_fit_expects_on_the_mean(bodies):
    shares = []
    for (start, end), share in zip(
        (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")),
        (0.241, 0.236, 0.170, 0.147), strict=True,
    ):  # fmt: skip
        a, b = index(f"right_{start}", f"right_{end}")
        lengths = np.linalg.norm(bodies.truth[:, :, a] - bodies.truth[:, :, b], axis=-1)
        assert (lengths.std(axis=1) < 1e-3).all()
        shares.append(np.log(lengths.mean(axis=1) / HEIGHT_M / share))
    np.testing.assert_allclose(np.mean(shares, axis=0), 0, atol=1e-3)


def test_both_sides_are_alike(bodies):
    right, left = (
        np.linalg.norm(bodies.truth[:, 0, a] - bodies.truth[:, 0, b], axis=-1)
        for a, b in (index("right_hip", "right_knee"), index("left_hip", "left_knee"))
    )
    np.testing.assert_allclose(right, left, rtol=1e-4)


def test_what_a_network_takes_for_a_joint_is_centimetres_away(bodies):
    apart = np.linalg.norm(bodies.pictured - bodies.truth, axis=-1)
    assert 0.01 < apart.mean() < 0.05
    assert apart.max() < 0.2


CHAINS = [(f"{side}_{a}", f"{side}_{b}") for side in ("right", "left") for a, b in
          (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))]  # fmt: skip


def middle_of(poses, part):
    """``(count, frames, 3)`` between both sides."""
    return poses[:, :, index(f"right_{part}", f"left_{part}")].mean(axis=2)


def bone(poses, start, end):
    """Directions ``(count, frames, 3)`` and lengths ``(count, frames)``."""
    a, b = index(start, end)
    apart = poses[:, :, b] - poses[:, :, a]
    length = np.linalg.norm(apart, axis=-1)
    return apart / length[..., None], length


def angle(first, second):
    """Degrees between directions."""
    return np.degrees(np.arccos(np.clip((first * second).sum(axis=-1), -1, 1)))


def test_thighs_and_upper_arms_point_where_they_did(movements, bodies):
    for start, end in CHAINS:
        if start.split("_")[1] in ("hip", "shoulder"):
            assert angle(bone(movements, start, end)[0], bone(bodies.truth, start, end)[0]).max() < 0.1


@pytest.mark.parametrize(
    ("first", "second"), [(("hip", "knee"), ("knee", "ankle")), (("shoulder", "elbow"), ("elbow", "wrist"))]
)
def test_most_knees_and_elbows_bend_two_degrees_less(movements, first, second):
    many = np.repeat(movements[:, ::8], 6, axis=0)
    truth = with_other_bodies(np.random.default_rng(1), many).truth
    before, after = (
        angle(*(bone(poses, *(f"right_{part}" for part in ends))[0] for ends in (first, second)))
        for poses in (many, truth)
    )
    assert 1 < np.median((before - after)[before > 12]) < 3


def test_knees_and_elbows_bend_a_little_less_and_never_past_straight(movements, bodies):
    """Skeletons of motion capture bend them too much."""
    for parts, most in ((("hip", "knee", "ankle"), 14), (("shoulder", "elbow", "wrist"), 20)):
        for side in ("right", "left"):
            a, b, c = (f"{side}_{part}" for part in parts)
            before, after = (angle(bone(poses, a, b)[0], bone(poses, b, c)[0]) for poses in (movements, bodies.truth))
            change = before - after
            assert np.abs(change).max() < most
            clear = before > 8
            # The same turn in every frame of a window, in the plane of the joint.
            spread = [np.ptp(row[kept]) for row, kept in zip(change, clear, strict=True) if kept.sum() > 2]
            assert max(spread) < 1.5
            bent = clear & (after > 8)
            normals = [
                np.cross(bone(poses, a, b)[0], bone(poses, b, c)[0])[bent] for poses in (movements, bodies.truth)
            ]
            first, second = (normal / np.linalg.norm(normal, axis=-1, keepdims=True) for normal in normals)
            assert (first * second).sum(axis=-1).min() > 0.99


def test_lengths_are_drawn_anew_for_every_window(movements):
    one, other = (with_other_bodies(np.random.default_rng(seed), movements) for seed in (1, 2))
    for start, end in CHAINS:
        lengths = [bone(each.truth, start, end)[1][:, 0] for each in (one, other)]
        assert np.abs(lengths[0] - lengths[1]).max() > 0.01
        assert 0.02 < np.std(np.log(lengths[0])) < 0.08


def test_the_same_seed_gives_the_same_bodies(movements):
    one, same = (with_other_bodies(np.random.default_rng(5), movements) for _ in range(2))
    np.testing.assert_array_equal(one.truth, same.truth)
    np.testing.assert_array_equal(one.pictured, same.pictured)


def test_widths_trunks_and_feet_are_those_of_people(bodies):
    for names, share in ((("right_hip", "left_hip"), 0.112), (("right_shoulder", "left_shoulder"), 0.222)):
        length = bone(bodies.truth, *names)[1][:, 0]
        assert np.median(length) == pytest.approx(share * HEIGHT_M, rel=0.1)
        assert 0.6 < length.min() / np.median(length) < length.max() / np.median(length) < 1.6
    hips, shoulders = (
        bodies.truth[:, :, index(f"right_{part}", f"left_{part}")].mean(axis=2) for part in ("hip", "shoulder")
    )
    trunk = np.linalg.norm(shoulders - hips, axis=-1)
    assert trunk.std(axis=1).max() < 1e-3
    assert np.median(trunk) == pytest.approx(0.29 * HEIGHT_M, rel=0.06)
    feet = np.mean([bone(bodies.truth, f"{side}_heel", f"{side}_toe")[1] for side in ("right", "left")], axis=0)
    assert np.median(feet) == pytest.approx(0.124 * HEIGHT_M, rel=0.08)
    assert 0.05 < np.log(feet[:, 0]).std() < 0.11


def test_some_are_children_with_long_trunks_for_their_limbs(movements):
    many = np.repeat(movements[:1], 4000, axis=0)[:, :4]
    truth = with_other_bodies(np.random.default_rng(0), many).truth
    hips, shoulders = (
        truth[:, 0, index(f"right_{part}", f"left_{part}")].mean(axis=1) for part in ("hip", "shoulder")
    )
    trunk = np.log(np.linalg.norm(shoulders - hips, axis=-1) / HEIGHT_M / 0.29)
    assert trunk.mean() == pytest.approx(0.08 * np.log(1.14) / 2, abs=0.003)
    assert trunk.std() == pytest.approx(0.065, abs=0.004)


def test_everybody_stands_on_the_floor(bodies):
    """All but a twentieth of where heels and toes are."""
    feet = bodies.truth[:, :, -4:, 1].reshape(len(bodies.truth), -1)
    assert (feet < -1e-4).mean(axis=1).max() < 0.06
    np.testing.assert_allclose(np.percentile(feet, 5, axis=1), 0, atol=1e-5)


def test_what_a_network_takes_for_a_joint_stays_so_on_the_body(movements, bodies):
    """The same offset in every frame, along the axes of the trunk, and mostly mirrored on the other side."""
    left = bone(movements, "right_hip", "left_hip")[0]
    hips, shoulders = (middle_of(movements, part) for part in ("hip", "shoulder"))
    up = (shoulders - hips) / np.linalg.norm(shoulders - hips, axis=-1, keepdims=True)
    axes = np.stack([left, up, np.cross(left, up)], axis=-2)
    offset = np.linalg.solve(axes.swapaxes(-1, -2), (bodies.pictured - bodies.truth).swapaxes(-1, -2))
    assert np.ptp(offset, axis=1).max() < 1e-4
    across = offset[:, 0, 0]
    right, other = across[:, 0::2], across[:, 1::2]
    assert np.corrcoef(right.ravel(), -other.ravel())[0, 1] > 0.6
