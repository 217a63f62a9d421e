import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose_ray.evaluate.angles import agreement, flexions_deg, knee_flexion_deg
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.schemas.skeleton import LANDMARKS


def standing(**moved: list[float]) -> np.ndarray:
    """One frame, ``(1, 16, 3)``: upright in camera axes (y down), facing the camera, arms hanging; mm."""
    body = {}
    for side, x in (("right", -100), ("left", 100)):
        body |= {
            f"{side}_shoulder": [x, -500, 3000], f"{side}_elbow": [x, -200, 3000], f"{side}_wrist": [x, 50, 3000],
            f"{side}_hip": [x, 0, 3000], f"{side}_knee": [x, 400, 3000], f"{side}_ankle": [x, 800, 3000],
            f"{side}_heel": [x, 850, 3050], f"{side}_toe": [x, 850, 2850],
        }  # fmt: skip
    body |= moved
    return np.array([[body[name] for name in LANDMARKS]], float)


def test_upright_all_angles_are_zero():
    angles = flexions_deg(standing())
    assert set(angles) == {
        f"{side}_{name}"
        for side in ("right", "left")
        for name in ("knee_flexion", "hip_flexion", "elbow_flexion", "ankle_dorsiflexion")
    }
    np.testing.assert_allclose(list(angles.values()), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "moved", "degrees"),
    [
        ("right_knee_flexion", {"right_ankle": [-100, 400, 3400]}, 90),
        ("left_hip_flexion", {"left_knee": [100, 0, 2600]}, 90),
        ("right_hip_flexion", {"right_knee": [-100, 0, 2600]}, 90),
        ("left_hip_flexion", {"left_knee": [100, 400 * np.cos(0.3), 3000 + 400 * np.sin(0.3)]}, -np.degrees(0.3)),
        ("right_elbow_flexion", {"right_wrist": [-100, -450, 3000]}, 180),
        ("left_ankle_dorsiflexion", {"left_toe": [100, 750, 2950]}, 45),
        ("left_ankle_dorsiflexion", {"left_toe": [100, 950, 2950]}, -45),
    ],
)
def test_flexion_is_positive_as_it_is_in_the_clinic(name: str, moved: dict[str, list[float]], degrees: float):
    assert flexions_deg(standing(**moved))[name] == pytest.approx([degrees])


def test_a_spread_leg_is_not_flexed():
    spread = standing(left_knee=[300, 346, 3000], left_ankle=[500, 692, 3000])
    assert flexions_deg(spread)["left_hip_flexion"] == pytest.approx([0], abs=1e-6)


def test_angles_are_the_same_in_any_axes():
    bent = standing(right_knee=[-150, 200, 2700], left_wrist=[200, -300, 2800], left_toe=[150, 800, 2900])
    turn = Rotation.from_euler("xyz", [200, 40, 70], degrees=True).as_matrix()
    expected, found = flexions_deg(bent), flexions_deg((bent + [500, 0, 0]) @ turn)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_limbs_alone_give_no_ankles():
    assert not any("ankle" in name for name in flexions_deg(standing()[:, :12]))


def test_knees_and_elbows_are_the_laboratorys_own(test_data: Path):
    folder = test_data / "opencap"
    rows = list(csv.DictReader((folder / "squat_gt_angles.csv").open()))
    angles = flexions_deg(read_reference(folder / "squat_gt_joints.csv").landmarks)
    for side in ("right", "left"):
        for part in ("knee", "elbow"):
            measured = [float(row[f"geom_{part}_{side[0]}"]) for row in rows]
            np.testing.assert_allclose(angles[f"{side}_{part}_flexion"], measured, atol=0.1)
        inverse_kinematics = [float(row[f"hip_{side[0]}"]) for row in rows]
        assert np.corrcoef(angles[f"{side}_hip_flexion"], inverse_kinematics)[0, 1] > 0.98


def test_the_knee_of_a_missing_joint_is_not_known():
    body = standing(right_knee=[np.nan] * 3)
    assert np.isnan(knee_flexion_deg(body, "right")).all()
    assert knee_flexion_deg(body, "left") == pytest.approx([0])


def test_agreement_tells_offset_from_shape():
    truth = 60 * np.sin(np.linspace(0, 6, 50))
    found = agreement(truth + 5, truth, 50)
    assert (found.frames, found.coverage) == (50, 1)
    assert [found.mae_deg, found.rmse_deg, found.bias_deg] == pytest.approx([5, 5, 5])
    assert [found.lower_limit_deg, found.upper_limit_deg, found.correlation] == pytest.approx([5, 5, 1])


def test_the_limits_of_agreement_are_bland_and_altmans():
    found = agreement(np.array([10.0, 22.0]), np.array([10.0, 20.0]), 2)
    assert (found.bias_deg, found.lower_limit_deg, found.upper_limit_deg) == pytest.approx(
        (1, 1 - 1.96 * np.sqrt(2), 1 + 1.96 * np.sqrt(2))
    )


def test_the_limits_of_agreement_hold_95_of_100_differences():
    apart = np.random.default_rng(3).normal(2, 4, 20_000)
    found = agreement(apart, np.zeros(20_000), 20_000)
    inside = (apart >= found.lower_limit_deg) & (apart <= found.upper_limit_deg)
    assert inside.mean() == pytest.approx(0.95, abs=0.01)
    assert found.bias_deg == pytest.approx(2, abs=0.1)


def test_frames_without_an_angle_lower_the_coverage_alone():
    truth = np.linspace(0, 90, 10)
    estimate = np.where(np.arange(10) < 4, np.nan, truth)
    found = agreement(estimate, truth, 10)
    assert (found.frames, found.coverage, found.mae_deg) == (6, 0.6, 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("frames", "mae"), [(0, np.nan), (1, 3.0)])
def test_too_few_frames_are_no_number(frames: int, mae: float):
    found = agreement(np.full(frames, 3.0), np.zeros(frames), frames)
    assert found.mae_deg == pytest.approx(mae, nan_ok=True)
    assert np.isnan([found.correlation, found.lower_limit_deg]).all()


@pytest.mark.filterwarnings("error")
def test_a_flat_curve_has_no_correlation():
    assert np.isnan(agreement(np.arange(5.0), np.full(5, 2.0), 5).correlation)
