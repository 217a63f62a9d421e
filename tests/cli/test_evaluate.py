import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputError
from neuropose_ray.evaluate import LIMB_JOINTS
from neuropose_ray.reference import read_reference
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import known_skeleton

SKELETON = known_skeleton("blazepose_33")


def save(folder: Path, times: np.ndarray, limbs: np.ndarray | None) -> Path:
    """Predictions of one person with these limb joints, or of nobody."""
    poses = Poses.empty(33)
    if limbs is not None:
        bodies = np.zeros((len(times), 33, 3), np.float32)
        bodies[:, [SKELETON.index(name) for name in LIMB_JOINTS]] = limbs
        boxes, pixels = np.ones((len(times), 5), np.float32), np.ones((len(times), 33, 2), np.float32)
        poses = Poses(np.arange(len(times)), boxes, pixels, bodies, np.ones((len(times), 33), np.float32))
    metadata = VideoMetadata(frame_count=len(times), fps=60.0, width=64, height=48)
    table = PoseTable(times, poses, track_ids=np.zeros(len(poses), np.int32))
    write_predictions(folder / "predictions.parquet", table, PredictionsHeader(metadata=metadata, skeleton=SKELETON))
    return folder


def test_the_truth_itself_has_no_error(test_data: Path, tmp_path: Path):
    reference = test_data / "opencap" / "walk_gt_joints.csv"
    times = np.arange(40) / 60 + 0.1
    results = save(tmp_path, times, read_reference(reference).at(times))
    done = CliRunner().invoke(app, ["evaluate", str(results), "--reference", str(reference), "--json"])
    (row,) = json.loads(done.output)
    assert (row["poses"], row["coverage"], row["lag_s"]) == ("model", 1.0, 0.0)
    assert row["pa_mpjpe_mm"] == pytest.approx(0, abs=0.01)
    assert row["knee_mae_deg"] == pytest.approx(0, abs=0.01)


def test_a_video_that_shows_nobody_is_said_to(test_data: Path, tmp_path: Path):
    results = save(tmp_path, np.arange(5) / 60, None)
    words = ["evaluate", str(results), "--reference", str(test_data / "opencap" / "walk_gt_joints.csv")]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, InputError)
    assert "nobody was found" in str(done.exception)
