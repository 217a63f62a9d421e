import json
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputError, InputNotFoundError
from neuropose_ray.evaluate import LIMB_JOINTS
from neuropose_ray.evaluate.reference import Reference, read_reference
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.json_files import save_job_results
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.predictions import JobResults, VideoPredictions
from neuropose_ray.schemas.skeleton import LANDMARKS
from neuropose_ray.schemas.skeletons import known_skeleton

SKELETON = known_skeleton("blazepose_33")


def test_mocap_tables_are_read_in_millimetres(test_data: Path):
    truth = read_reference(test_data / "opencap" / "squat_gt_joints.csv")
    assert truth.limbs.shape[1:] == (12, 3)
    thigh = np.linalg.norm(truth.limbs[:, 0] - truth.limbs[:, 2], axis=-1)
    assert 350 < thigh.mean() < 480
    assert thigh.std() < 10
    assert not truth.of_the_video


def test_trc_files_are_read_by_marker_name_and_unit(test_data: Path):
    truth = read_reference(test_data / "pose2sim_single" / "balancing_0-100.trc")
    assert truth.timestamps_s[[0, -1]] == pytest.approx([1 / 60, 100 / 60])
    assert truth.limbs[0, 0] == pytest.approx([-64.972, 901.505, -1400.589], abs=1e-2)


@pytest.mark.parametrize("name", ["opencap/squat_gt_joints.csv", "pose2sim_single/balancing_0-100.trc"])
def test_heels_and_toes_are_read_where_there_are_any(test_data: Path, name: str):
    landmarks = read_reference(test_data / name).landmarks
    for side in ("right", "left"):
        heel, toe = (landmarks[:, LANDMARKS.index(f"{side}_{part}")] for part in ("heel", "toe"))
        assert 130 < np.linalg.norm(toe - heel, axis=-1).mean() < 280


def trc(folder: Path, *, unit: str = "mm", without: str = "", rows: tuple[str, ...] | None = None) -> Path:
    """A TRC file of one row in which the marker of number n is at (n, n, n)."""
    names = [f"{side}{part}" for side in "RL" for part in ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")]
    names = [name for name in names if name != without]
    if rows is None:
        rows = ("\t".join(["1", "0.5", *(str(number) for number in range(len(names)) for _ in "xyz")]),)
    head = f"PathFileType\t4\nDataRate\tUnits\n60\t{unit}\nFrame#\tTime\t" + "\t\t\t".join(names) + "\n\n"
    (folder / "a.trc").write_text(head + "\n".join(rows))
    return folder / "a.trc"


@pytest.mark.parametrize(("unit", "millimetres"), [("m", 1000), ("cm", 10), ("mm", 1)])
def test_a_trc_files_unit_counts(tmp_path: Path, unit: str, millimetres: float):
    truth = read_reference(trc(tmp_path, unit=unit))
    assert truth.limbs[0, LIMB_JOINTS.index("left_hip")].tolist() == [6 * millimetres] * 3
    assert np.isnan(truth.landmarks[0, 12:]).all()


def test_empty_cells_of_a_trc_file_are_not_known(tmp_path: Path):
    truth = read_reference(trc(tmp_path, rows=("1\t0.0\t1\t\t3\t4\t5\t6",)))
    assert truth.limbs[0, LIMB_JOINTS.index("right_knee")].tolist() == [4, 5, 6]
    assert np.isfinite(truth.limbs).all(-1).sum() == 1


def test_tables_as_spreadsheets_save_them_are_read(tmp_path: Path):
    """With a byte order mark, a column more, empty cells for what was not seen, and a row cut short."""
    parts = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
    names = ["time_s", *(f"{part}_{side}_{axis}" for part in parts for side in "rl" for axis in "xyz"), "comment"]
    rows = [",".join(["0", "", "", "", *(["0.5"] * 33), "good"]), ",".join(["0.01", *(["0.25"] * 30)])]
    (tmp_path / "a.csv").write_text("\n".join([",".join(names), *rows]), encoding="utf-8-sig")
    limbs = read_reference(tmp_path / "a.csv").limbs
    assert np.isnan(limbs[0, 0]).all()
    assert (limbs[0, 1:] == 500).all()
    assert np.isnan(limbs[1, 10:]).all()


def test_phantom_truth_is_the_phantoms_own(tmp_path: Path):
    from neuropose_ray.phantom.scene import demo_scene
    from neuropose_ray.phantom.truth import save_truth
    from neuropose_ray.phantom.video import even_times

    made = demo_scene().truth(even_times(0.5, 30), 1280, 720)
    save_truth(tmp_path / "a.truth.json", made)
    truth = read_reference(tmp_path / "a.truth.json")
    np.testing.assert_allclose(truth.landmarks, made.persons[0].joints3d_mm[:, :16], atol=1e-3)
    assert truth.of_the_video
    with pytest.raises(InputError, match=r"there is no person 1; it holds 1"):
        read_reference(tmp_path / "a.truth.json", 1)


def predictions(folder: Path, times_s: np.ndarray, tracks: list[int]) -> tuple[PoseTable, PredictionsHeader]:
    """Everybody in every frame, all joints at (track, track, track), fitted 1000 mm further."""
    folder.mkdir(exist_ok=True)
    count = len(times_s) * len(tracks)
    ids = np.tile(np.array(tracks, np.int32), len(times_s))
    bodies = np.tile(ids[:, None, None].astype(np.float32), (1, 33, 3))
    poses = Poses(
        np.repeat(np.arange(len(times_s)), len(tracks)),
        np.ones((count, 5), np.float32),
        np.ones((count, 33, 2), np.float32),
        bodies,
        np.ones((count, 33), np.float32),
    )
    table = PoseTable(times_s, poses, ids, bodies + 1000)
    metadata = VideoMetadata(frame_count=len(times_s), fps=30.0, width=64, height=48)
    header = PredictionsHeader(metadata=metadata, skeleton=SKELETON)
    write_predictions(folder / "predictions.parquet", table, header)
    return table, header


def test_other_predictions_are_read_fitted_and_at_their_own_times(tmp_path: Path):
    times_s = np.array([0.0, 0.03, 0.07])
    table, header = predictions(tmp_path / "walk", times_s, [4, 2])
    save_job_results(tmp_path / "results.json", JobResults({"a.mp4": VideoPredictions.from_table(table, header)}))
    for path in (tmp_path / "walk", tmp_path / "walk" / "predictions.parquet", tmp_path / "results.json"):
        truth = read_reference(path, 4)
        assert truth.of_the_video
        np.testing.assert_array_equal(truth.timestamps_s, times_s)
        np.testing.assert_array_equal(truth.limbs, np.full((3, 12, 3), 1004))
    with pytest.raises(InputError, match="no track 3"):
        read_reference(tmp_path / "walk", 3)


def test_between_its_samples_a_truth_is_interpolated_and_outside_it_is_unknown(test_data: Path):
    truth = read_reference(test_data / "opencap" / "walk_gt_joints.csv")
    middle = (truth.timestamps_s[3] + truth.timestamps_s[4]) / 2
    between, outside = truth.at(np.array([middle, 1e6]))
    np.testing.assert_allclose(between, truth.limbs[3:5].mean(0), atol=0.5)
    assert np.isnan(outside).all()
    assert truth.landmarks_at(np.array([middle])).shape == (1, 16, 3)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", "no rows"),
        ("a.csv", "time_s,hip_r_x\n0,1\n", "no column hip_r_y"),
        ("a.csv", b"\xff\xfe\x00", "cannot be read"),
        ("a.trc", "", "no rows"),
        ("a.trc", "nothing", "no rows"),
        ("a.trc", "\n" * 9, "Units"),
        ("a.json", "{}", "holds"),
        ("a.json", "[1]", "holds no predictions"),
        ("a.json", '{"kind": "phantom_truth", "schema_version": 2}', "TruthRecord"),
        ("a.json", "{", "not JSON"),
        ("a.parquet", "x", "cannot be read as Parquet"),
        ("a.txt", "x", r"not a reference; give .trc"),
    ],
)
def test_what_is_no_reference_is_one_line(tmp_path: Path, name: str, content: str | bytes, words: str):
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=words) as caught:
        read_reference(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_predictions_of_a_newer_version_are_said_to_be(tmp_path: Path):
    video = {"schema_version": 99, "metadata": {}, "frames": {}}
    (tmp_path / "a.json").write_text(json.dumps(video))
    with pytest.raises(FutureSchemaError, match="99"):
        read_reference(tmp_path / "a.json")


@pytest.mark.parametrize("rows", [("1\t0.5\t1", "2\t0.5\t1"), ("1\t\t1",), ("1\tnan\t1",)])
def test_times_that_do_not_ascend_are_refused(tmp_path: Path, rows: tuple[str, ...]):
    with pytest.raises(FileFormatError, match="the times do not ascend"):
        read_reference(trc(tmp_path, rows=rows))


def test_a_missing_joint_is_named(test_data: Path, tmp_path: Path):
    with pytest.raises(FileFormatError, match="no marker for the right hip"):
        read_reference(test_data / "opencap" / "default_markers.trc")
    with pytest.raises(FileFormatError, match="no marker for the left elbow"):
        read_reference(trc(tmp_path, without="LElbow"))


def test_mocap_holds_one_person(tmp_path: Path):
    with pytest.raises(InputError, match="there is no person 2; such a file holds one"):
        read_reference(trc(tmp_path), 2)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match=r"gone\.csv"):
        read_reference(tmp_path / "gone.csv")


def test_limbs_are_the_first_of_the_landmarks():
    reference = Reference(np.zeros(1), np.arange(48.0).reshape(1, 16, 3))
    np.testing.assert_array_equal(reference.limbs, reference.landmarks[:, :12])
