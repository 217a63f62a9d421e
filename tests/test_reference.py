from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.evaluate import LIMB_JOINTS
from neuropose_ray.reference import read_reference


def test_mocap_tables_are_read_in_millimetres(test_data: Path):
    truth = read_reference(test_data / "opencap" / "squat_gt_joints.csv")
    assert truth.limbs.shape[1:] == (12, 3)
    thigh = np.linalg.norm(truth.limbs[:, 0] - truth.limbs[:, 2], axis=-1)
    assert 350 < thigh.mean() < 480
    assert thigh.std() < 10


def test_trc_files_are_read_by_marker_name_and_unit(test_data: Path):
    truth = read_reference(test_data / "pose2sim_single" / "balancing_0-100.trc")
    assert truth.timestamps_s[[0, -1]] == pytest.approx([1 / 60, 100 / 60])
    assert truth.limbs[0, 0] == pytest.approx([-64.972, 901.505, -1400.589], abs=1e-2)


def test_phantom_truth_is_the_phantoms_own(tmp_path: Path):
    from neuropose_ray.phantom.scene import demo_scene
    from neuropose_ray.phantom.truth import save_truth
    from neuropose_ray.phantom.video import even_times

    made = demo_scene().truth(even_times(0.5, 30), 1280, 720)
    save_truth(tmp_path / "a.truth.json", made)
    truth = read_reference(tmp_path / "a.truth.json")
    hips = made.persons[0].joints3d_mm[:, 0]
    np.testing.assert_allclose(truth.limbs[:, LIMB_JOINTS.index("right_hip")], hips, atol=1e-3)


def test_between_its_samples_a_truth_is_interpolated_and_outside_it_is_unknown(test_data: Path):
    truth = read_reference(test_data / "opencap" / "walk_gt_joints.csv")
    middle = (truth.timestamps_s[3] + truth.timestamps_s[4]) / 2
    between, outside = truth.at(np.array([middle, 1e6]))
    np.testing.assert_allclose(between, truth.limbs[3:5].mean(0))
    assert np.isnan(outside).all()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", ""), ("a.csv", "time_s,hip_r_x\n0,1\n"), ("a.trc", "nothing"), ("a.json", "{}"), ("a.txt", "x")],
)
def test_what_is_no_reference_is_one_line(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(FileFormatError, match=r"a\.") as caught:
        read_reference(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_joint_is_named(test_data: Path):
    with pytest.raises(FileFormatError, match="no marker for the right hip"):
        read_reference(test_data / "opencap" / "default_markers.trc")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match=r"gone\.csv"):
        read_reference(tmp_path / "gone.csv")
