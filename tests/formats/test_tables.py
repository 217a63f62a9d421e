import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from schemas.pose_tables import ARM, header_of, pose_tables, properties, table_of

from neuropose_ray.errors import OutputError
from neuropose_ray.formats.tables import write_csv, write_wide_csv
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

PLAIN = ["frame_index", "timestamp_s", "track_id", "joint", "x_px", "y_px", "x_mm", "y_mm", "z_mm", "score"]
FITTED = ["x_fitted_mm", "y_fitted_mm", "z_fitted_mm"]


def exported(path: Path, table: PoseTable, skeleton: Skeleton = ARM) -> list[dict[str, str]]:
    write_csv(path, table, header_of(table, skeleton))
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def expected(table: PoseTable) -> list[tuple[object, ...]]:
    """The rows, one after the other, as plainly as can be."""
    rows: list[tuple[object, ...]] = []
    for frame, time_s in enumerate(table.timestamps_s):
        persons = np.flatnonzero(table.poses.frame == frame)
        if not len(persons):
            rows.append((frame, time_s, None, "", *[np.nan] * 9))
        for person in persons:
            for joint, name in enumerate(ARM.joint_names):
                fitted = table.poses3d_fitted
                rows.append(
                    (
                        frame,
                        time_s,
                        None if table.track_ids is None else table.track_ids[person],
                        name,
                        *table.poses.poses2d[person, joint],
                        *table.poses.poses3d[person, joint],
                        table.poses.joint_scores[person, joint],
                        *([np.nan] * 3 if fitted is None else fitted[person, joint]),
                    )
                )
    return rows


@given(pose_tables())
@settings(properties, max_examples=20)
def test_every_number_comes_back_to_the_last_bit_and_nan_is_an_empty_cell(tmp_path, table):
    rows = exported(tmp_path / "poses.csv", table)
    fitted = [] if table.poses3d_fitted is None else FITTED
    read = [
        (
            int(row["frame_index"]),
            float(row["timestamp_s"]),
            int(row["track_id"]) if row["track_id"] else None,
            row["joint"],
            *(np.float32(row[name] or "nan") for name in PLAIN[4:]),
            *(np.float32(row[name] or "nan") if fitted else np.nan for name in FITTED),
        )
        for row in rows
    ]
    assert all(list(row) == PLAIN + fitted for row in rows)
    assert "nan" not in (tmp_path / "poses.csv").read_text().lower()
    np.testing.assert_equal(read, expected(table))


def test_a_video_without_frames_is_a_line_of_names(tmp_path):
    empty = PoseTable(np.zeros(0), Poses.empty(3))
    assert exported(tmp_path / "poses.csv", empty) == []
    assert (tmp_path / "poses.csv").read_text() == ",".join(PLAIN) + "\n"


def test_frames_go_on_counting_over_the_pieces_of_a_long_video(tmp_path):
    table = table_of(frames=2500, persons_per_frame=2)
    table = replace(table, poses=table.poses.take(table.poses.frame != 1024), track_ids=None)
    rows = exported(tmp_path / "poses.csv", table)
    frames = [int(row["frame_index"]) for row in rows]
    assert frames == [frame for frame in range(2500) for _ in range(1 if frame == 1024 else 6)]
    assert rows[-1]["x_px"] == str(table.poses.poses2d[-1, -1, 0])


@given(pose_tables())
@settings(properties, max_examples=10)
def test_the_wide_table_holds_what_the_long_one_does(tmp_path, table):
    long = pd.DataFrame(exported(tmp_path / "long.csv", table))
    write_wide_csv(tmp_path / "wide.csv", table, header_of(table))
    wide = pd.read_csv(tmp_path / "wide.csv", dtype=str, keep_default_na=False)
    fitted = [] if table.poses3d_fitted is None else FITTED
    columns = [f"{joint}_{name}" for joint in ARM.joint_names for name in PLAIN[4:] + fitted]
    assert list(wide) == ["frame_index", "timestamp_s", "track_id", *columns]
    assert len(wide) == np.maximum(1, table.persons_per_frame()).sum()
    if len(wide):
        people = long.groupby(np.cumsum(long["joint"].isin(["", ARM.joint_names[0]])), sort=False)
        for (_, rows), (_, row) in zip(people, wide.iterrows(), strict=True):
            assert row["timestamp_s"] == rows["timestamp_s"].iloc[0]
            assert (row["frame_index"], row["track_id"]) == (rows["frame_index"].iloc[0], rows["track_id"].iloc[0])
            for _, cells in rows.iterrows():
                joint = cells["joint"] or ARM.joint_names[0]
                assert [row[f"{joint}_{name}"] for name in PLAIN[4:] + fitted] == list(cells[PLAIN[4:] + fitted])


def test_infinity_is_an_empty_cell_too(tmp_path):
    table = table_of(frames=1)
    table.poses.poses3d[0, 1, 2] = np.inf
    assert exported(tmp_path / "poses.csv", table)[1]["z_mm"] == ""


def test_odd_joint_names_survive(tmp_path):
    names = ('a "point"', "left, upper", "plain")
    rows = exported(tmp_path / "poses.csv", table_of(frames=1), Skeleton(name="odd", joint_names=names))
    assert tuple(row["joint"] for row in rows) == names
    write_wide_csv(
        tmp_path / "wide.csv", table_of(frames=1), header_of(table_of(1), Skeleton(name="o", joint_names=names))
    )
    assert "left, upper_score" in pd.read_csv(tmp_path / "wide.csv")


def test_a_refusal_of_the_file_system_is_one_line_and_the_old_file_stays(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        exported(tmp_path / "file" / "poses.csv", table_of(frames=1))
