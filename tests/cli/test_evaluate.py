import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from neuropose_ray.cli.main import app
from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.evaluate import LIMB_JOINTS, Evaluation
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import known_skeleton, skeleton_for_joint_count

SKELETON = known_skeleton("blazepose_33")
TIMES_S = np.arange(40) / 60 + 0.1


def save(folder: Path, limbs: np.ndarray | None, times_s: np.ndarray = TIMES_S, skeleton=SKELETON) -> Path:
    """Predictions of one person with these limb joints, or of nobody."""
    joints = len(skeleton)
    poses = Poses.empty(joints)
    if limbs is not None:
        bodies = np.zeros((len(times_s), joints, 3), np.float32)
        places = [skeleton.index(name) for name in LIMB_JOINTS if skeleton.has(name)]
        bodies[:, places] = limbs[:, : len(places)]
        boxes, pixels = np.ones((len(times_s), 5), np.float32), np.ones((len(times_s), joints, 2), np.float32)
        poses = Poses(np.arange(len(times_s)), boxes, pixels, bodies, np.ones((len(times_s), joints), np.float32))
    metadata = VideoMetadata(frame_count=len(times_s), fps=60.0, width=64, height=48)
    table = PoseTable(times_s, poses, track_ids=np.zeros(len(poses), np.int32))
    folder.mkdir(exist_ok=True)
    write_predictions(folder / "predictions.parquet", table, PredictionsHeader(metadata=metadata, skeleton=skeleton))
    return folder


def evaluate(*words: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


@pytest.fixture(scope="module")
def walk(test_data: Path) -> Path:
    return test_data / "opencap" / "walk_gt_joints.csv"


@pytest.fixture(scope="module")
def results(walk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predictions that are the truth, 10 mm too far to the right and 5 % too large."""
    truth = read_reference(walk).at(TIMES_S)
    return save(tmp_path_factory.mktemp("results") / "walk", truth * 1.05 + [10, 0, 0])


def test_a_table_of_all_measures_is_printed(results: Path, walk: Path):
    done = evaluate(results, "--reference", walk)
    cells = [re.split(r"\s{2,}", line.strip()) for line in done.output.splitlines()]
    rows = {first: others[-1] for first, *others in cells if others}
    assert (rows["frames found"], rows["coverage"], rows["PCK 150 mm"]) == ("40 of 40", "100.0%", "100.0%")
    assert (rows["N-MPJPE, mm"], rows["PA-MPJPE, mm"], rows["time offset, ms"]) == ("0.0", "0.0", "+0")
    assert float(rows["MPJPE, mm"]) > 10
    assert "abs-MPJPE, mm" not in rows
    assert "right elbow" in done.output
    assert "left wrist" not in done.output


def test_every_joint_is_shown_on_request(results: Path, walk: Path):
    assert "left wrist" in evaluate(results, "--reference", walk, "--per-joint").output


def test_all_numbers_are_written_as_json(results: Path, walk: Path, tmp_path: Path):
    target = tmp_path / "errors.json"
    done = evaluate(results, "--reference", walk, "--json", target)
    assert "PA-MPJPE" in done.output
    written = Evaluation.model_validate_json(target.read_text())
    (result,) = written.results
    assert (result.poses, result.track, result.scores.coverage) == ("model", 0, 1)
    assert (result.scores.pa_mpjpe_mm, result.scores.knee_mae_deg) == pytest.approx((0, 0), abs=0.01)
    assert (written.reference, written.root, written.axes) == (str(walk), "mid-hip", "one rotation per sequence")
    assert "NaN" not in target.read_text()
    assert json.loads(target.read_text())["results"][0]["scores"]["abs_mpjpe_mm"] is None


def test_two_versions_of_a_videos_results_are_compared(results: Path, walk: Path, tmp_path: Path):
    other = save(tmp_path / "other", read_reference(walk).at(TIMES_S) * 1.05)
    done = evaluate(other, "--reference", results, "--json", "-")
    written = Evaluation.model_validate_json(done.output)
    assert written.axes == "camera"
    scores = written.results[0].scores
    assert (scores.abs_mpjpe_mm, scores.mpjpe_mm) == (pytest.approx(10, abs=0.01), pytest.approx(0, abs=0.01))
    assert scores.acceleration_error_m_s2 == pytest.approx(0, abs=0.05)


def test_an_offset_beyond_the_search_is_said_to_be(walk: Path, tmp_path: Path):
    early = save(tmp_path / "early", read_reference(walk).at(TIMES_S + 0.15))
    assert "larger --max-offset" in " ".join(evaluate(early, "--reference", walk).output.split())
    assert "larger --max-offset" in " ".join(evaluate(early, "--reference", walk, "--max-offset", 100).output.split())
    found = evaluate(early, "--reference", walk, "--max-offset", 200)
    assert "+150" in found.output
    assert "--max-offset" not in found.output


@pytest.mark.parametrize("clip", ["squat", "walk"])
def test_mocap_against_itself_has_no_error_in_angles(test_data: Path, tmp_path: Path, clip: str):
    truth = test_data / "opencap" / f"{clip}_gt_joints.csv"
    done = evaluate(save(tmp_path / clip, read_reference(truth).at(TIMES_S)), "--reference", truth, "--json", "-")
    angles = Evaluation.model_validate_json(done.output).results[0].scores.angles
    assert set(angles) == {
        f"{side}_{part}_flexion" for side in ("right", "left") for part in ("knee", "hip", "elbow")
    }
    assert max(angle.mae_deg for angle in angles.values()) < 0.01


def test_a_video_that_shows_nobody_is_said_to(walk: Path, tmp_path: Path):
    done = evaluate(save(tmp_path / "a", None), "--reference", walk)
    assert isinstance(done.exception, InputError)
    assert "nobody was found" in str(done.exception)


def test_a_skeleton_without_limbs_is_refused(walk: Path, tmp_path: Path):
    folder = save(tmp_path / "a", np.zeros((40, 12, 3)), skeleton=skeleton_for_joint_count(5))
    done = evaluate(folder, "--reference", walk)
    assert isinstance(done.exception, InputError)
    assert "has no right_hip" in str(done.exception)


def test_other_times_are_refused(walk: Path, tmp_path: Path):
    done = evaluate(save(tmp_path / "a", np.zeros((40, 12, 3)), TIMES_S + 100), "--reference", walk)
    assert isinstance(done.exception, InputError)
    assert "no time in common" in str(done.exception)


def test_files_that_are_not_there_or_of_another_kind_are_named(results: Path, walk: Path, tmp_path: Path):
    (tmp_path / "a.parquet").write_text("nothing")
    for words, kind in (
        ((tmp_path / "gone", "--reference", walk), InputNotFoundError),
        ((results, "--reference", tmp_path / "gone.trc"), InputNotFoundError),
        ((tmp_path / "a.parquet", "--reference", walk), FileFormatError),
    ):
        done = evaluate(*words)
        assert isinstance(done.exception, kind)
        assert "\n" not in str(done.exception)
