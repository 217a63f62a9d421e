"""Training windows: bodies keep their bones, cameras tell depth, errors stay within what networks do."""

import numpy as np
import pytest

from neuropose_ray.lifting.bones import BONE_ENDS
from neuropose_ray.lifting.features import INPUTS
from neuropose_ray.lifting.prior import TRAINED_LOG_ODDS
from neuropose_ray.lifting.training import movements as module
from neuropose_ray.lifting.training.bodies import HEIGHT_M, with_other_bodies
from neuropose_ray.lifting.training.cameras import seen_by_cameras
from neuropose_ray.lifting.training.errors import _farther, observed
from neuropose_ray.lifting.training.motion_capture import MotionCapture
from neuropose_ray.lifting.training.movements import KINDS, made_movements
from neuropose_ray.lifting.training.windows import FRAMES, draw_batch, drawn_ahead
from neuropose_ray.schemas.skeleton import LANDMARKS

COUNT, RATE = 64, 20.0


def index(*names: str) -> list[int]:
    return [LANDMARKS.index(name) for name in names]


@pytest.fixture(scope="module")
def movements() -> np.ndarray:
    return made_movements(np.random.default_rng(0), COUNT, FRAMES, RATE)


@pytest.fixture(scope="module")
def bodies(movements):
    return with_other_bodies(np.random.default_rng(1), movements)


@pytest.fixture(scope="module")
def views(bodies):
    return seen_by_cameras(np.random.default_rng(2), bodies)


class TestMovements:
    def test_shares_of_the_kinds_add_up(self):
        assert sum(KINDS.values()) == pytest.approx(1)

    def test_bones_keep_their_length(self, movements):
        for start, end in (("right_hip", "right_knee"), ("left_knee", "left_ankle"), ("left_elbow", "left_wrist")):
            a, b = index(start, end)
            lengths = np.linalg.norm(movements[:, :, a] - movements[:, :, b], axis=-1)
            assert lengths.std() < 1e-5

    def test_somebody_stands_on_the_floor(self, movements):
        ankles = movements[:, :, index("right_ankle", "left_ankle"), 1]
        np.testing.assert_allclose(ankles.min(axis=2), 0.09, atol=1e-5)

    def test_movement_is_smooth(self, movements):
        speed = np.linalg.norm(np.diff(movements, axis=1), axis=-1) * RATE
        assert np.percentile(speed, 99) < 5  # m/s of a wrist

    def test_most_squatting_people_lean_forward_to_keep_their_weight_over_their_feet(self, monkeypatch):
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

    def test_knees_bend_backward(self, movements):
        hip, knee, ankle = (movements[:, :, i] for i in index("right_hip", "right_knee", "right_ankle"))
        left = movements[:, :, 1] - movements[:, :, 0]
        bend = (np.cross(knee - hip, ankle - knee) * left).sum(axis=-1)
        assert (bend > -0.002).mean() > 0.97  # positive about the axis to the left


class TestBodies:
    def test_limbs_are_those_that_the_fit_expects_on_the_mean(self, bodies):
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

    def test_both_sides_are_alike(self, bodies):
        right, left = (
            np.linalg.norm(bodies.truth[:, 0, a] - bodies.truth[:, 0, b], axis=-1)
            for a, b in (index("right_hip", "right_knee"), index("left_hip", "left_knee"))
        )
        np.testing.assert_allclose(right, left, rtol=1e-4)

    def test_what_a_network_takes_for_a_joint_is_centimetres_away(self, bodies):
        apart = np.linalg.norm(bodies.pictured - bodies.truth, axis=-1)
        assert 0.01 < apart.mean() < 0.05
        assert apart.max() < 0.2


class TestCameras:
    def test_depth_is_what_is_farther_along_the_ray(self, views):
        ray = views.truth[:, :, :2].mean(axis=2)
        ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
        start, end = views.truth[:, :, BONE_ENDS[2, 0]], views.truth[:, :, BONE_ENDS[2, 1]]
        np.testing.assert_allclose(views.depths[..., 2], ((start - end) * ray).sum(axis=-1), atol=1e-4)

    def test_people_are_in_front_of_the_camera_and_mostly_in_the_picture(self, views):
        assert views.truth[..., 2].min() > 0.5
        slope = np.abs(views.truth[..., :2] / views.truth[..., 2:])
        assert (slope < 0.7).mean() > 0.97  # a phone's main camera, upright

    def test_cameras_stand_on_all_sides(self, views):
        across = views.truth[:, 0, 1] - views.truth[:, 0, 0]
        quadrants = (across[:, 0] > 0).astype(int) * 2 + (across[:, 2] > 0)
        assert np.bincount(quadrants, minlength=4).min() > COUNT / 10


@pytest.fixture(scope="module")
def seen(views):
    return observed(np.random.default_rng(3), views, RATE)


def pictured_directions(views, seen) -> np.ndarray:
    """Where the joints would be without errors, for the focal length that is assumed."""
    truth = views.pictured[..., :2] / views.pictured[..., 2:]
    return truth * np.median(seen.directions / truth, axis=(1, 2, 3))[:, None, None, None]


class TestErrors:
    def test_joints_are_centimetres_off_in_the_picture(self, views, seen):
        truth = pictured_directions(views, seen)
        sure = (seen.confidences > 0.8) & ~seen.exchanged.any(axis=-1)[..., None]
        off = np.linalg.norm(seen.directions - truth, axis=-1) * views.truth[..., 2]
        assert 0.01 < np.median(off[sure]) < 0.04

    def test_less_sure_joints_are_farther_off(self, views, seen):
        truth = pictured_directions(views, seen)
        off = np.linalg.norm(seen.directions - truth, axis=-1)
        kept = ~seen.exchanged.any(axis=-1)[..., None] & (seen.confidences > 0)
        assert np.median(off[kept & (seen.confidences < 0.4)]) > 1.3 * np.median(off[kept & (seen.confidences > 0.8)])

    def test_the_models_depth_is_poor_but_better_than_nothing(self, views, seen):
        error = np.abs(seen.model_depths - views.depths)
        assert 0.4 < error.mean() / np.abs(views.depths).mean() < 1.1

    def test_as_many_sides_are_exchanged_as_the_prior_takes_off_its_odds(self, views):
        share = np.mean([observed(np.random.default_rng(seed), views, RATE).exchanged.mean() for seed in range(60)])
        assert np.log(share / (1 - share)) == pytest.approx(TRAINED_LOG_ODDS, abs=0.1)

    def test_nothing_is_known_where_nobody_is_found(self, seen):
        assert not seen.found.all()
        assert (seen.confidences[~seen.found] == 0).all()
        assert (seen.model_depths[~seen.found] == 0).all()

    def test_the_distance_is_right_within_what_a_focal_length_is_wrong(self, views, seen):
        ratio = seen.distance / views.truth[:, :, :2, 2].mean(axis=2)
        assert 0.05 < np.log(ratio).std() < 0.15


@pytest.fixture
def capture() -> MotionCapture:
    return MotionCapture({"a": np.random.default_rng(0).normal(0, 1, (200, 16, 3)).astype(np.float32)})


@pytest.mark.parametrize("start", [1, 4, 6])
def test_a_batch_is_known_by_its_seed_and_number(capture, start):
    whole = [*drawn_ahead(capture, 5, 7, range(11))]
    part = [*drawn_ahead(capture, 5, 7, range(start, 11))]
    assert len(whole) == 11
    for one, other in zip(whole[start:], part, strict=True):
        np.testing.assert_array_equal(one.inputs, other.inputs)
        np.testing.assert_array_equal(one.depths, other.depths)
    assert not np.array_equal(whole[0].depths, whole[1].depths)
    assert not np.array_equal(next(drawn_ahead(capture, 5, 8, range(1))).depths, whole[0].depths)


def test_people_whose_depth_is_missed_come_out_too_far_away(views):
    ratios = [_farther(views, np.full((COUNT, 1, 1), share)) for share in (1.0, 0.7, 0.4)]
    np.testing.assert_allclose(ratios[0], 1, atol=1e-5)
    assert (ratios[1] < ratios[2]).all()
    assert 1.02 < np.median(ratios[2]) < 1.3


def test_batches_are_the_same_for_the_same_seed(capture):
    one, other = (draw_batch(np.random.default_rng(5), capture, 12) for _ in range(2))
    for name in ("inputs", "depths", "exchanged", "counts", "model_depths"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert np.isfinite(getattr(one, name)).all()
    assert one.inputs.shape == (12, FRAMES, INPUTS)
    assert (one.counts == ~one.exchanged.any(axis=-1)).all()
