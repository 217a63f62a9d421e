"""Whose motion is analysed, and what a reader of the numbers is told of it."""

from pathlib import Path

import numpy as np
import typer
from typer.testing import CliRunner

from neuropose_ray.analysis.angles.columns import angle_columns
from neuropose_ray.analysis.runs.config import PreprocessingConfig
from neuropose_ray.analysis.runs.subjects import Subject, load_subject
from neuropose_ray.cli.import_poses import import_poses

PLAIN = PreprocessingConfig()
app = typer.Typer()
app.command()(import_poses)


def imported(test_data: Path, tmp_path: Path, file: str) -> Subject:
    out = tmp_path / Path(file).stem
    result = CliRunner().invoke(app, [str(test_data / file), "--out", str(out)])
    assert result.exit_code == 0, result.exception
    return load_subject(out / "predictions.parquet", None, PLAIN)


def test_joints_that_were_not_recognised_are_a_warning(test_data: Path, tmp_path: Path):
    subject = imported(test_data, tmp_path, "field/optotrak_header_1149_frames_29.c3d")
    unrecognised = [warning for warning in subject.warnings if "recognised" in warning]
    assert [
        warning.startswith("Not recognised among the points: right hip, left hip, right knee, ")
        for warning in unrecognised
    ] == [True]


def test_where_all_were_recognised_there_is_none(test_data: Path, tmp_path: Path):
    warnings = imported(test_data, tmp_path, "opencap/default_markers.trc").warnings
    assert warnings == ("Imported: no video of this program was looked at.",)


def test_a_subjects_prefix_changes_no_angle(test_data: Path, tmp_path: Path):
    prefixed = imported(test_data, tmp_path, "field/subject_prefix.trc").motion
    plain = imported(test_data, tmp_path, "opencap/default_markers.trc").motion
    unknown = np.full(plain.positions.shape[:2], np.nan)[:120]
    angles = [
        angle_columns("", motion.skeleton, motion.timestamps_s[:120], motion.positions[:120], unknown)
        for motion in (prefixed, plain)
    ]
    assert angles[0].keys() == angles[1].keys()
    assert {"right_knee_flexion", "left_hip_flexion", "right_ankle_dorsiflexion"} <= angles[0].keys()
    for name, values in angles[0].items():
        np.testing.assert_array_equal(values, angles[1][name])
