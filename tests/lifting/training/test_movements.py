"""Made movements are those of bodies that stand on the floor and keep their bones."""

import numpy as np
import pytest

from neuropose_ray.lifting.training import movements as module
from neuropose_ray.lifting.training.movements import ARMS, KINDS, made_movements
from neuropose_ray.lifting.training.windows import FRAMES
from neuropose_ray.schemas.skeleton import LANDMARKS

RATE = 20.0


def index(*names: str) -> list[int]:
    return [LANDMARKS.index(name) for name in names]


def test_shares_of_the_kinds_add_up():
    assert sum(KINDS.values()) == pytest.approx(1)


def test_bones_keep_their_length(movements):
    for start, end in (("right_hip", "right_knee"), ("left_knee", "left_ankle"), ("left_elbow", "left_wrist")):
        a, b = index(start, end)
        lengths = np.linalg.norm(movements[:, :, a] - movements[:, :, b], axis=-1)
        assert lengths.std() < 1e-5


def only(monkeypatch, kind, arms=None):
    monkeypatch.setattr(module, "KINDS", {name: float(name == kind) for name in KINDS})
    if arms is not None:
        held = {name: (*way[:4], float(name == arms)) for name, way in ARMS.items()}
        monkeypatch.setattr(module, "ARMS", held)
    return made_movements(np.random.default_rng(0), 100, FRAMES, RATE)


def middle(poses, part):
    return poses[:, :, index(f"right_{part}", f"left_{part}")].mean(axis=2)


def knee_flexion(poses):
    """``(2, count, frames)`` degrees, right and left."""
    flexions = []
    for side in ("right", "left"):
        hip, knee, ankle = (poses[:, :, index(f"{side}_{part}")[0]] for part in ("hip", "knee", "ankle"))
        cosine = ((knee - hip) * (ankle - knee)).sum(-1)
        cosine /= np.linalg.norm(knee - hip, axis=-1) * np.linalg.norm(ankle - knee, axis=-1)
        flexions.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.array(flexions)


def test_the_same_seed_gives_the_same_movements_and_another_one_others():
    one, same, other = (made_movements(np.random.default_rng(seed), 8, FRAMES, RATE) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1


def test_people_are_about_as_wide_and_as_high_as_a_body(movements):
    for part, metres in (("hip", 0.18), ("shoulder", 0.36)):
        a, b = index(f"right_{part}", f"left_{part}")
        np.testing.assert_allclose(
            np.linalg.norm(movements[:, :, a] - movements[:, :, b], axis=-1), metres, rtol=1e-3
        )
    trunk = np.linalg.norm(middle(movements, "shoulder") - middle(movements, "hip"), axis=-1)
    np.testing.assert_allclose(trunk, 0.49, rtol=1e-3)


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("squat", 40, 150), ("sit_to_stand", 60, 135), ("lunge", 45, 140), ("bend", 0, 60), ("stand", 0, 40)],
)
def test_knees_bend_as_far_as_the_movement_asks(monkeypatch, kind, least, most):
    deepest = knee_flexion(only(monkeypatch, kind)).max(axis=(0, 2))
    assert (deepest > least).mean() > 0.9
    assert deepest.max() < most


@pytest.mark.slow
def test_who_stands_up_has_straight_and_bent_knees_in_turns_and_who_sits_has_bent_ones(monkeypatch):
    rising, sitting = (knee_flexion(only(monkeypatch, kind)).mean(axis=0) for kind in ("sit_to_stand", "seated"))
    assert np.median(np.ptp(rising, axis=1)) > 40
    assert np.median(np.ptp(sitting, axis=1)) < 20
    assert np.median(sitting) > 65


@pytest.mark.slow
def test_on_one_leg_and_on_stairs_the_legs_differ(monkeypatch):
    for kind in ("balance", "stairs"):
        right, left = knee_flexion(only(monkeypatch, kind))
        assert np.median(np.abs(right - left).max(axis=1)) > 20, kind
    right, left = knee_flexion(only(monkeypatch, "stand"))
    assert np.median(np.abs(right - left)) < 10


@pytest.mark.slow
def test_in_a_lunge_one_foot_is_far_before_the_other(monkeypatch):
    def stride(kind):
        right, left = (only(monkeypatch, kind)[:, :, index(f"{side}_ankle")[0]] for side in ("right", "left"))
        return np.median(np.linalg.norm((right - left)[..., [0, 2]], axis=-1).max(axis=1))

    assert stride("lunge") > 0.5
    assert stride("stand") < 0.4


def test_who_bends_leans_far_forward_at_the_hips(monkeypatch):
    poses = only(monkeypatch, "bend")
    trunk = middle(poses, "shoulder") - middle(poses, "hip")
    lean = np.degrees(np.arccos(trunk[..., 1] / np.linalg.norm(trunk, axis=-1)))
    assert np.median(lean.max(axis=1)) > 50
    upright = only(monkeypatch, "stand")
    trunk = middle(upright, "shoulder") - middle(upright, "hip")
    assert np.median(np.degrees(np.arccos(trunk[..., 1] / np.linalg.norm(trunk, axis=-1)))) < 20


@pytest.mark.parametrize(
    ("arms", "wrist"),
    [
        ("hanging", lambda up, ahead, aside: up < -0.15),
        ("forward", lambda up, ahead, aside: ahead > 0.2),
        ("spread", lambda up, ahead, aside: aside > 0.35),
        ("overhead", lambda up, ahead, aside: up > 0.1),
        ("on the hips", lambda up, ahead, aside: (up < 0) & (aside < 0.4)),
        ("crossed", lambda up, ahead, aside: (aside < 0.2) & (ahead > 0)),
    ],
)
def test_arms_are_held_as_their_name_says(monkeypatch, arms, wrist):
    """Metres of the wrists from their shoulders along the trunk, before it, and to their own side."""
    poses = only(monkeypatch, "stand", arms)
    trunk = middle(poses, "shoulder") - middle(poses, "hip")
    up = trunk / np.linalg.norm(trunk, axis=-1, keepdims=True)
    left = poses[:, :, index("left_shoulder")[0]] - poses[:, :, index("right_shoulder")[0]]
    left = left / np.linalg.norm(left, axis=-1, keepdims=True)
    for side, sign in (("right", -1), ("left", 1)):
        reach = poses[:, :, index(f"{side}_wrist")[0]] - poses[:, :, index(f"{side}_shoulder")[0]]
        along = [(reach * axis).sum(-1) for axis in (up, np.cross(left, up), sign * left)]
        assert wrist(*along).mean() > 0.85, side


def test_elbows_bend_forward(movements):
    for side in ("right", "left"):
        a, b, c = index(f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        upper, lower = movements[:, :, b] - movements[:, :, a], movements[:, :, c] - movements[:, :, b]
        flexion = np.arccos(np.clip((upper * lower).sum(-1) / (0.29 * 0.25), -1, 1))
        assert flexion.min() > 0.019
        assert flexion.max() < 2.61


def test_somebody_stands_on_the_floor(movements):
    ankles = movements[:, :, index("right_ankle", "left_ankle"), 1]
    np.testing.assert_allclose(ankles.min(axis=2), 0.09, atol=1e-5)


def test_movement_is_smooth(movements):
    speed = np.linalg.norm(np.diff(movements, axis=1), axis=-1) * RATE
    assert np.percentile(speed, 99) < 5  # m/s of a wrist


def test_most_squatting_people_lean_forward_to_keep_their_weight_over_their_feet(monkeypatch):
    monkeypatch.setattr(module, "KINDS", {kind: float(kind == "squat") for kind in KINDS})
    squats = made_movements(np.random.default_rng(0), 200, FRAMES, RATE)
    hips, shoulders, knees, ankles = (squats[:, :, start : start + 2].mean(axis=2) for start in (0, 6, 2, 4))
    trunk = shoulders - hips
    lean = np.degrees(np.arctan2(trunk[..., 2], trunk[..., 1]))
    deep = hips[..., 1] - knees[..., 1] < 0.15
    assert 15 < np.median(lean[deep]) < 45
    upright = hips[..., 1] - knees[..., 1] > 0.38
    assert np.median(lean[deep]) > np.median(lean[upright]) + 10
    weight = 0.7 * (hips + 0.7 * trunk) + 0.2 * (hips + knees) / 2 + 0.1 * (knees + ankles) / 2
    over = (weight - ankles)[..., 2]
    assert (np.abs(over[deep] - 0.05) < 0.12).mean() > 0.75  # the feet are 0.25 m long


def test_knees_bend_backward(movements):
    hip, knee, ankle = (movements[:, :, i] for i in index("right_hip", "right_knee", "right_ankle"))
    left = movements[:, :, 1] - movements[:, :, 0]
    bend = (np.cross(knee - hip, ankle - knee) * left).sum(axis=-1)
    assert (bend > -0.002).mean() > 0.97  # positive about the axis to the left


@pytest.mark.parametrize("kind", ["squat", "sit_to_stand"])
def test_thighs_of_bent_legs_point_forward_more_than_outward(monkeypatch, kind):
    """Motion capture of squats has them 10 to 20 degrees outward; more would hide their depth from the prior."""
    poses = only(monkeypatch, kind)
    outward = []
    for side, sign in (("right", -1), ("left", 1)):
        thigh = poses[:, :, index(f"{side}_knee")[0]] - poses[:, :, index(f"{side}_hip")[0]]
        outward.append(np.degrees(np.arcsin(sign * thigh[..., 0] / np.linalg.norm(thigh, axis=-1))))
    deep = knee_flexion(poses) > 80
    assert 4 < np.median(np.array(outward)[deep]) < 22
    assert np.percentile(np.array(outward)[deep], 95) < 40


@pytest.mark.parametrize("kind", ["squat", "sit_to_stand", "bend"])
def test_feet_stay_where_they_are(monkeypatch, kind):
    poses = only(monkeypatch, kind)
    right, left = (poses[:, :, i, 0] for i in index("right_ankle", "left_ankle"))
    apart = left - right
    assert 0.1 < np.median(apart) < 0.4
    assert np.median(apart.std(axis=1)) < 0.03


def test_who_stands_between_squats_stands_upright(monkeypatch):
    poses = only(monkeypatch, "squat")
    trunk = middle(poses, "shoulder") - middle(poses, "hip")
    lean = np.degrees(np.arctan2(trunk[..., 2], trunk[..., 1]))
    assert np.median(np.abs(lean[knee_flexion(poses).mean(axis=0) < 15])) < 10


def test_legs_of_most_squats_are_alike(monkeypatch):
    poses = only(monkeypatch, "squat")
    shanks = [
        poses[:, :, index(f"{side}_knee")[0], 2] - poses[:, :, index(f"{side}_ankle")[0], 2]
        for side in ("right", "left")
    ]
    apart = np.abs(shanks[0] - shanks[1]).max(axis=1)
    assert np.median(apart) < 0.06
    assert apart.max() > 0.1


def test_many_arms_go_forward_with_a_squat(monkeypatch):
    poses = only(monkeypatch, "squat")
    reach = (middle(poses, "wrist") - middle(poses, "shoulder"))[..., 2]
    depth = knee_flexion(poses).mean(axis=0)
    grows = [np.corrcoef(a, b)[0, 1] for a, b in zip(reach, depth, strict=True) if np.ptp(b) > 30]
    assert np.mean(np.array(grows) > 0.8) > 0.3
