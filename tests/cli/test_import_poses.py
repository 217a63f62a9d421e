import json

import numpy as np
import pytest
import typer
from formats.people import squatting
from schemas.neuropose_samples import video_version_2
from schemas.pose_tables import assert_tables_equal
from typer.testing import CliRunner

from neuropose_ray.cli.export import export
from neuropose_ray.cli.import_poses import import_poses
from neuropose_ray.errors import FileFormatError, InputNotFoundError, OutputError, SettingsError
from neuropose_ray.formats.openpose import BODY_25_SKELETON
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
from neuropose_ray.schemas.segmentation_files import load_segmentations

app = typer.Typer()
app.command("export")(export)
app.command("import")(import_poses)
TABLE, HEADER = squatting(frames=5, missing=[1])


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    write_predictions(tmp_path / "squat" / "predictions.parquet", TABLE, HEADER)
    return tmp_path / "squat"


@pytest.mark.parametrize(("name", "precision_mm"), [("trc", 3.1e-4), ("c3d", 1e-4)])
def test_exported_and_imported_joints_are_equal_within_the_formats_precision(folder, tmp_path, name, precision_mm):
    assert run("export", folder, "--format", name, "--out", tmp_path / f"a.{name}").exit_code == 0
    result = run("import", tmp_path / f"a.{name}", "--out", tmp_path / "back")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'back' / 'predictions.parquet'}\n")
    table, header = read_predictions(tmp_path / "back" / "predictions.parquet")
    # TRC: half of its last decimal, and what float32 resolves at 4 m. Files stand on the floor: one height for all.
    moved = table.poses.poses3d - TABLE.poses.poses3d
    np.testing.assert_allclose(moved[..., [0, 2]], 0, atol=precision_mm)
    np.testing.assert_allclose(moved[..., 1], moved[0, 0, 1], atol=2 * precision_mm)
    np.testing.assert_array_equal(table.poses.frame, TABLE.poses.frame)
    assert (header.skeleton.joint_names, header.metadata.fps) == (HEADER.skeleton.joint_names, 30)


def test_openposes_folder_needs_a_frame_rate(folder, tmp_path):
    assert run("export", folder, "--format", "openpose", "--out", tmp_path / "op").exit_code == 0
    result = run("import", tmp_path / "op", "--out", tmp_path / "back")
    assert isinstance(result.exception, SettingsError)
    assert run("import", tmp_path / "op", "--out", tmp_path / "back", "--fps", 30).exit_code == 0
    table, header = read_predictions(tmp_path / "back" / "predictions.parquet")
    assert (header.skeleton, table.frame_count, len(table.poses)) == (BODY_25_SKELETON, 5, 4)


def test_a_marker_file_stands_upright_by_the_axis_that_the_user_says_is_up(test_data, tmp_path):
    trial = test_data / "opencap" / "default_markers.trc"
    assert run("import", trial, "--out", tmp_path / "mocap").exit_code == 0
    table, header = read_predictions(tmp_path / "mocap" / "predictions.parquet")
    shoulder, knee = (header.skeleton.index(name) for name in ("right_shoulder", "right_knee"))
    assert (table.poses.poses3d[:, shoulder, 1] < table.poses.poses3d[:, knee, 1]).all()
    lying = run("import", trial, "--out", tmp_path / "lying", "--up", "z")
    assert lying.exit_code == 0
    table, _ = read_predictions(tmp_path / "lying" / "predictions.parquet")
    assert np.abs(table.poses.poses3d[:, shoulder, 1] - table.poses.poses3d[:, knee, 1]).mean() < 400


def test_what_cannot_be_imported_is_a_typed_error(tmp_path):
    (tmp_path / "a.fbx").write_text("Kaydara")
    assert isinstance(run("import", tmp_path / "a.fbx", "--out", tmp_path / "b").exception, FileFormatError)
    assert isinstance(run("import", tmp_path / "b.trc", "--out", tmp_path / "b").exception, InputNotFoundError)
    assert isinstance(run("import", tmp_path, "--out", tmp_path / "b", "--fps", 30).exception, InputNotFoundError)


def test_what_a_user_should_know_is_said_and_kept_with_the_predictions(test_data, tmp_path):
    result = run("import", test_data / "field" / "optotrak_header_1149_frames_29.c3d", "--out", tmp_path / "trial")
    assert result.exit_code == 0
    assert "note: The header says 1149 frames; 29 are in the file.\n" in result.stderr
    assert "note: Not recognised among the points: right hip, left hip, right knee, left knee," in result.stderr
    table, header = read_predictions(tmp_path / "trial" / "predictions.parquet")
    assert (table.frame_count, len(header.metadata.notes)) == (29, 3)


def test_predictions_that_are_there_are_replaced_only_when_that_is_wanted(folder, test_data, tmp_path):
    before = (folder / "predictions.parquet").read_bytes()
    trial = test_data / "pose2sim_single" / "balancing_0-100.trc"
    result = run("import", trial, "--out", folder)
    assert isinstance(result.exception, OutputError)
    assert str(result.exception).endswith(
        "there is something already; give --overwrite to replace it, or write elsewhere"
    )
    assert (folder / "predictions.parquet").read_bytes() == before
    assert run("import", trial, "--out", folder, "--overwrite").exit_code == 0
    assert read_predictions(folder / "predictions.parquet")[0].frame_count == 100


def test_the_results_of_a_run_are_never_replaced_and_what_was_made_from_older_points_is_set_aside(
    folder, test_data, tmp_path
):
    trial = test_data / "pose2sim_single" / "balancing_0-100.trc"
    (folder / "analysis.json").write_text("{}")
    (folder / "metrics.json").write_text("{}")
    refused = run("import", trial, "--out", folder, "--overwrite")
    assert str(refused.exception).endswith("a run has its results there; import into a folder of its own")
    (folder / "metrics.json").unlink()
    assert run("import", trial, "--out", folder, "--overwrite").exit_code == 0
    assert (folder / "stale" / "analysis.json").exists()
    assert not (folder / "analysis.json").exists()


def test_two_videos_in_openposes_format_do_not_share_a_folder(folder, tmp_path):
    write_predictions(tmp_path / "other" / "predictions.parquet", *squatting(frames=7))
    assert run("export", folder, "--format", "openpose", "--out", tmp_path / "op").exit_code == 0
    refused = run("export", tmp_path / "other", "--format", "openpose", "--out", tmp_path / "op")
    assert isinstance(refused.exception, OutputError)
    assert len(list((tmp_path / "op").iterdir())) == 5
    beside = [run("export", source, "--format", "openpose").stdout for source in (folder, tmp_path / "other")]
    assert len(set(beside)) == 2


def test_predictions_in_json_become_folders_with_their_segments(tmp_path):
    one, job = tmp_path / "walk.json", tmp_path / "results.json"
    one.write_text(json.dumps(video_version_2()))
    job.write_text(json.dumps({"a.mp4": video_version_2(), "b.mov": video_version_2()}))
    assert run("import", one, "--out", tmp_path / "one").exit_code == 0
    assert run("import", job, "--out", tmp_path / "job").exit_code == 0
    expected = load_video_predictions(one)
    for folder in (tmp_path / "one", tmp_path / "job" / "a", tmp_path / "job" / "b"):
        table, header = read_predictions(folder / "predictions.parquet")
        assert_tables_equal(table, expected.to_table())
        assert header == expected.header
        assert load_segmentations(folder / "predictions.parquet") == expected.segmentations
    again = run("import", one, "--out", tmp_path / "one")
    assert isinstance(again.exception, OutputError)


@pytest.mark.parametrize("names", [[], ["a.mp4", "a.mov"], [".."], ["/"]])
def test_names_that_cannot_be_folders_are_refused_before_anything_is_written(tmp_path, names):
    job = tmp_path / "results.json"
    job.write_text(json.dumps(dict.fromkeys(names, video_version_2())))
    assert isinstance(run("import", job, "--out", tmp_path / "job" / "deep").exception, FileFormatError)
    assert not (tmp_path / "job").exists()
