from pathlib import Path

import numpy as np
import pytest

import neuropose_ray
from neuropose_ray.examples.own_pose_model import SKELETON, SilhouetteSpec, own_pose_model
from neuropose_ray.schemas.camera import Camera


def test_the_example_follows_a_walk_with_its_own_model(test_data: Path, tmp_path: Path, capsys):
    own_pose_model(test_data / "odd" / "made_vfr_walk.mp4", tmp_path)
    assert " m before the camera" in capsys.readouterr().out
    predictions = neuropose_ray.read(tmp_path / "made_vfr_walk")
    assert predictions.provenance.model_name == "silhouette"
    assert predictions.skeleton == SKELETON
    shown = np.isfinite(predictions.to_numpy()).all(axis=(1, 2))
    assert shown.mean() > 0.8


@pytest.mark.parametrize("distance_m", [2.0, 5.0])
def test_a_person_is_as_far_away_as_the_height_in_the_picture_says(distance_m: float):
    camera = Camera.from_field_of_view(640, 480, 60)
    still, moved = (np.full((480, 640, 3), 90, np.uint8) for _ in range(2))
    height_px = round(1.7 * camera.focal_y / distance_m)
    moved[20 : 20 + height_px, 300:340] = 220
    poses = SilhouetteSpec(height_m=1.7).load().session(camera).predict([still] * 10 + [moved])
    assert poses.frame.tolist() == [10]
    np.testing.assert_allclose(poses.poses3d[0, :, 2], 1000 * distance_m, rtol=0.03)
    np.testing.assert_allclose(camera.project(poses.poses3d[0]), poses.poses2d[0], atol=0.5)
    head, feet = poses.poses3d[0, 0], poses.poses3d[0, 2]
    assert feet[1] - head[1] == pytest.approx(1700, rel=0.03)
