"""What a pose network makes of people: errors of the sizes that networks make."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose_ray.lifting.bones import BONE_ENDS, BONES, MIRROR_SIGNS, MIRRORED_BONES
from neuropose_ray.lifting.prior import TRAINED_LOG_ODDS
from neuropose_ray.lifting.training.errors import _exchange, _farther, _hidden, observed
from neuropose_ray.schemas.skeleton import LANDMARKS

RATE = 20.0


@pytest.fixture(scope="module")
def seen(views):
    return observed(np.random.default_rng(3), views, RATE)


def pictured_directions(views, seen) -> np.ndarray:
    """Where the joints would be without errors, for the focal length that is assumed."""
    truth = views.pictured[..., :2] / views.pictured[..., 2:]
    return truth * np.median(seen.directions / truth, axis=(1, 2, 3))[:, None, None, None]


def test_joints_are_centimetres_off_in_the_picture(views, seen):
    truth = pictured_directions(views, seen)
    sure = (seen.confidences > 0.8) & ~seen.exchanged.any(axis=-1)[..., None]
    off = np.linalg.norm(seen.directions - truth, axis=-1) * views.truth[..., 2]
    assert 0.01 < np.median(off[sure]) < 0.04


def test_less_sure_joints_are_farther_off(views, seen):
    truth = pictured_directions(views, seen)
    off = np.linalg.norm(seen.directions - truth, axis=-1)
    kept = ~seen.exchanged.any(axis=-1)[..., None] & (seen.confidences > 0)
    assert np.median(off[kept & (seen.confidences < 0.4)]) > 1.3 * np.median(off[kept & (seen.confidences > 0.8)])


def test_the_models_depth_is_poor_but_better_than_nothing(views, seen):
    error = np.abs(seen.model_depths - views.depths)
    assert 0.4 < error.mean() / np.abs(views.depths).mean() < 1.1


def test_as_many_sides_are_exchanged_as_the_prior_takes_off_its_odds(views):
    share = np.mean([observed(np.random.default_rng(seed), views, RATE).exchanged.mean() for seed in range(60)])
    assert np.log(share / (1 - share)) == pytest.approx(TRAINED_LOG_ODDS, abs=0.1)


def test_nothing_is_known_where_nobody_is_found(seen):
    assert not seen.found.all()
    assert (seen.confidences[~seen.found] == 0).all()
    assert (seen.model_depths[~seen.found] == 0).all()


def test_the_distance_is_right_within_what_a_focal_length_is_wrong(views, seen):
    ratio = seen.distance / views.truth[:, :, :2, 2].mean(axis=2)
    assert 0.05 < np.log(ratio).std() < 0.15


def test_people_whose_depth_is_missed_come_out_too_far_away(views):
    ratios = [_farther(views, np.full((len(views.truth), 1, 1), share)) for share in (1.0, 0.7, 0.4)]
    np.testing.assert_allclose(ratios[0], 1, atol=1e-5)
    assert (ratios[1] < ratios[2]).all()
    assert 1.02 < np.median(ratios[2]) < 1.3


def test_the_same_seed_gives_the_same_errors(views):
    one, same = (observed(np.random.default_rng(9), views, RATE) for _ in range(2))
    for name in ("directions", "confidences", "distance", "model_depths", "found", "exchanged"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))


def test_all_is_finite_and_confidences_are_shares(seen):
    for name in ("directions", "confidences", "distance", "model_depths"):
        assert np.isfinite(getattr(seen, name)).all(), name
    assert seen.confidences.min() == 0
    assert seen.confidences.max() <= 1
    known = seen.confidences[seen.confidences > 0]
    assert known.min() >= 0.05 * 0.03
    assert seen.distance.min() > 0


def test_what_is_true_stays_true(views, seen):
    np.testing.assert_array_equal(seen.depths, views.depths)


def test_a_bone_without_one_of_its_joints_has_no_depth(seen):
    missing = seen.confidences[:, :, BONE_ENDS].min(axis=-1) == 0
    assert missing.any()
    assert (seen.model_depths[missing] == 0).all()
    assert (seen.model_depths[~missing] != 0).mean() > 0.99


def test_errors_last_longer_than_a_frame(views, seen):
    """The jitter of a joint is alike for a tenth of a second, its drift for most of a second."""
    off = seen.directions - pictured_directions(views, seen)
    off = off[~seen.exchanged.any(axis=(1, 2)) & seen.found.all(axis=1)]
    off = off - off.mean(axis=1, keepdims=True)

    def alike(frames):
        return np.median((off[:, frames:] * off[:, :-frames]).sum(axis=1) / (off**2).sum(axis=1))

    assert 0.55 < alike(1) < 0.9
    assert alike(1) > alike(4) + 0.15


#: Metres of somebody who stands with stretched arms: across to the left, up from the hips.
STANDING_M = {
    "hip": (0.09, 0), "knee": (0.1, -0.4), "ankle": (0.1, -0.8), "heel": (0.1, -0.85), "toe": (0.12, -0.85),
    "shoulder": (0.18, 0.5), "elbow": (0.45, 0.5), "wrist": (0.7, 0.5),
}  # fmt: skip


def standing(pitch_deg=0.0, turn_deg=0.0):
    """``(1, 1, 16, 3)`` metres in the axes of a camera 3 m before somebody whom it looks down to."""
    sides = [1 if name.startswith("left") else -1 for name in LANDMARKS]
    body = np.array([
        (side * STANDING_M[name.split("_")[1]][0], -STANDING_M[name.split("_")[1]][1], 0.0)
        for side, name in zip(sides, LANDMARKS, strict=True)
    ])  # fmt: skip
    turned = Rotation.from_euler("yx", [turn_deg, pitch_deg], degrees=True).apply(body)
    return (turned + [0, 0, 3])[None, None]


def hidden(points):
    return {LANDMARKS[i] for i in np.flatnonzero(_hidden(points)[0, 0])}


def test_joints_of_the_limbs_behind_the_trunk_are_hidden():
    points = standing()
    wrist, elbow, knee = (LANDMARKS.index(name) for name in ("left_wrist", "left_elbow", "left_knee"))
    points[0, 0, wrist] = 0.1, -0.2, 3.07
    points[0, 0, elbow] = 0.25, -0.2, 3.5  # beside it
    points[0, 0, knee] = 0.1, 0.3, 3.5  # below it
    assert hidden(points) == {"left_wrist"}
    points[0, 0, wrist, 2] = 3.05
    assert hidden(points) == set()


def test_of_two_legs_that_cross_in_the_picture_the_farther_one_is_hidden():
    farther = {f"right_{part}" for part in ("knee", "ankle", "heel", "toe", "elbow", "wrist")}
    assert hidden(standing(turn_deg=90)) == farther


@pytest.mark.parametrize("pitch_deg", [-20, -8, 8, 20])
def test_what_is_hidden_does_not_say_whether_the_camera_looks_down_nor_whether_the_trunk_leans(pitch_deg):
    assert hidden(standing(pitch_deg)) == set()


def exchange(part, seed=0):
    """Directions, confidences and depths before and after the sides of a part are exchanged in frame 1 of 3."""
    random = np.random.default_rng(3)
    before = [random.normal(0, 1, (40, 3, *shape)) for shape in ((16, 2), (16,), (18,))]
    exchanged = np.zeros((40, 3, 2), bool)
    exchanged[:, 1, part] = True
    after = [values.copy() for values in before]
    _exchange(np.random.default_rng(seed), exchanged, *after)
    return before, after


@pytest.mark.parametrize(
    ("part", "names"),
    [(0, ("hip", "knee", "ankle", "heel", "toe")), (1, ("shoulder", "elbow", "wrist"))],
)
def test_exchanged_sides_have_each_others_places_and_confidences(part, names):
    before, after = exchange(part)
    for place, name in enumerate(LANDMARKS):
        side, joint = name.split("_")
        other = LANDMARKS.index(f"{'left' if side == 'right' else 'right'}_{joint}")
        source = other if joint in names else place
        for values, changed in zip(before[:2], after[:2], strict=True):
            np.testing.assert_array_equal(changed[:, 1, place], values[:, 1, source])
            np.testing.assert_array_equal(changed[:, [0, 2], place], values[:, [0, 2], place])


def test_depths_follow_their_bones_in_half_of_the_windows_and_are_made_up_in_the_others():
    before, after = exchange(0)
    legs = [
        place
        for place, ends in enumerate(BONES)
        if all(end.split("_")[1] in ("hip", "knee", "ankle", "heel", "toe") for end in ends)
    ]
    followed = before[2][:, 1, MIRRORED_BONES[legs]] * MIRROR_SIGNS[legs]
    is_followed = np.isclose(after[2][:, 1, legs], followed).all(axis=1)
    is_made_up = np.isclose(after[2][:, 1, legs], -0.7 * followed).all(axis=1)
    assert (is_followed ^ is_made_up).all()
    assert 8 < is_followed.sum() < 32
    rest = np.setdiff1d(np.arange(len(BONES)), legs)
    np.testing.assert_array_equal(after[2][:, :, rest], before[2][:, :, rest])
    np.testing.assert_array_equal(after[2][:, [0, 2]], before[2][:, [0, 2]])
