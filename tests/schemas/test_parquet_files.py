import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as pq
from schemas.pose_tables import ARM, assert_tables_equal, header_of, pose_tables, properties, table_of

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError, OutputError
from neuropose_ray.schemas.header import VideoMetadata
from neuropose_ray.schemas.parquet_files import METADATA_KEY, predictions_writer, read_predictions, write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33


@properties
@given(table=pose_tables(st.floats(width=32)))
def test_any_table_comes_back_to_the_last_bit(tmp_path, table):
    path = tmp_path / "predictions.parquet"
    header = header_of(table)
    write_predictions(path, table, header)
    again, header_again = read_predictions(path)
    assert_tables_equal(again, table)
    assert header_again == header


@properties
@given(tables=st.lists(pose_tables(max_frames=3), min_size=1, max_size=4), tracked=st.booleans())
def test_chunks_appended_one_after_the_other_are_the_video(tmp_path, tables, tracked):
    path = tmp_path / "predictions.parquet"
    tables = [replace(t, track_ids=np.arange(len(t.poses), dtype=np.int32) if tracked else None) for t in tables]
    offsets = np.cumsum([0, *(table.frame_count for table in tables)])
    whole = PoseTable(
        timestamps_s=np.concatenate([table.timestamps_s for table in tables]),
        poses=Poses.concatenate([table.poses for table in tables], offsets[:-1]),
        track_ids=np.concatenate([table.track_ids for table in tables]) if tracked else None,
        poses3d_fitted=np.concatenate(
            [np.full_like(t.poses.poses3d, np.nan) if t.poses3d_fitted is None else t.poses3d_fitted for t in tables]
        ),
    )
    with predictions_writer(path, header_of(whole)) as writer:
        for table in tables:
            writer.append(table)
    assert_tables_equal(read_predictions(path)[0], whole)


def test_a_video_longer_than_a_row_group_comes_back(tmp_path):
    table = table_of(20_000, joints=3)
    write_predictions(tmp_path / "long.parquet", table, header_of(table))
    assert pq.ParquetFile(tmp_path / "long.parquet").num_row_groups == 3
    assert_tables_equal(read_predictions(tmp_path / "long.parquet")[0], table)


def test_tracks_and_fitted_poses_are_none_before_they_are_made(tmp_path):
    table = replace(table_of(3), track_ids=None)
    write_predictions(tmp_path / "chunk.parquet", table, header_of(table))
    again, _ = read_predictions(tmp_path / "chunk.parquet")
    assert again.track_ids is None
    assert again.poses3d_fitted is None


@pytest.fixture
def stored(tmp_path):
    """Three frames: two people, nobody, one person of whom nothing is fitted; read by plain Parquet means."""
    table = table_of(3)
    poses = replace(table.poses, frame=np.array([0, 0, 2]))
    fitted = poses.poses3d.copy()
    fitted[2] = np.nan
    table = PoseTable(np.array([0.0, 0.04, 0.1]), poses, np.array([3, 5, 3], np.int32), fitted)
    path = tmp_path / "predictions.parquet"
    write_predictions(path, table, header_of(table))
    return table, path


def test_there_is_a_row_per_person_and_frame_and_one_for_a_frame_without_anybody(stored):
    rows = pq.read_table(stored[1]).to_pylist()
    assert [row["frame_index"] for row in rows] == [0, 0, 1, 2]
    assert [row["timestamp_s"] for row in rows] == [0.0, 0.0, 0.04, 0.1]
    assert [row["person"] for row in rows] == [0, 1, None, 0]
    assert [row["track_id"] for row in rows] == [3, 5, None, 3]
    nobody = {name: value for name, value in rows[2].items() if name not in ("frame_index", "timestamp_s")}
    assert set(nobody.values()) == {None}
    assert [row["poses3d_fitted"] is None for row in rows] == [False, False, True, True]


def test_columns_are_plain_lists_of_float32(stored):
    fields = {field.name: str(field.type) for field in pq.read_schema(stored[1])}
    assert fields == {
        "frame_index": "int64",
        "timestamp_s": "double",
        "person": "int16",
        "track_id": "int32",
        "box": "list<element: float>",
        "poses2d": "list<element: list<element: float>>",
        "poses3d": "list<element: list<element: float>>",
        "poses3d_fitted": "list<element: list<element: float>>",
        "joint_scores": "list<element: float>",
    }


def test_a_data_frame_takes_the_main_tracks_poses_in_one_line(stored):
    table, path = stored
    frame = pq.read_table(path).to_pandas()
    main = frame[frame.track_id == frame.track_id.value_counts().idxmax()].sort_values("frame_index")
    main = main[main.poses3d_fitted.notna()]
    poses = np.stack([np.stack(pose) for pose in main.poses3d])
    np.testing.assert_array_equal(poses, table.poses.poses3d[:1])
    assert main.timestamp_s.tolist() == [0.0]


def test_the_metadata_says_everything_else_as_json(stored):
    header = json.loads(pq.read_schema(stored[1]).metadata[METADATA_KEY])
    assert header["schema_version"] == 3
    assert header["skeleton"]["joint_names"] == list(ARM.joint_names)
    assert header["units"]["poses3d"] == "mm"
    assert header["axes"].startswith("x right, y down, z forward")
    assert header["camera"]["focal_x"] > 0
    assert header["metadata"]["filename"] == "arm.mp4"
    assert header["provenance"]["model_sha256"] == "ab" * 32
    assert header["columns"].keys() == set(pq.read_schema(stored[1]).names)
    assert "nobody" in header["columns"]["person"]


def test_reading_does_not_need_the_package_that_wrote(stored):
    code = "import sys; from pyarrow import parquet as p; print(p.read_table(sys.argv[1]).num_rows); " \
           "assert not any(m.startswith('neuropose') for m in sys.modules)"  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code, str(stored[1])], check=True, capture_output=True, text=True)
    assert run.stdout == "4\n"


# --- what cannot be written


def test_a_failure_midway_leaves_the_old_file_and_nothing_else(stored):
    _, path = stored
    before = path.read_bytes()
    chunk = table_of(2)
    with pytest.raises(RuntimeError, match="chunk"), predictions_writer(path, header_of(table_of(4))) as writer:  # noqa: PT012
        writer.append(chunk)
        raise RuntimeError("chunk 1 cannot be read")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_header_that_states_another_number_of_frames_is_refused(tmp_path):
    with pytest.raises(ValueError, match="2 frames written, the header says 3"):
        write_predictions(tmp_path / "p.parquet", table_of(2), header_of(table_of(3)))
    assert list(tmp_path.iterdir()) == []


def test_poses_of_another_skeleton_are_refused(tmp_path):
    table = table_of(2)
    with pytest.raises(ValueError, match=r"poses3d has shape \(2, 3, 3\), the skeleton has 33 joints"):
        write_predictions(tmp_path / "p.parquet", table, header_of(table, BLAZEPOSE_33))


@pytest.mark.parametrize("frame", [[1, 0], [0, 2], [-1, 0]])
def test_rows_out_of_order_or_beyond_the_frames_are_refused(tmp_path, frame):
    table = table_of(2)
    table = replace(table, poses=replace(table.poses, frame=np.array(frame)))
    with pytest.raises(ValueError, match="ascending order"):
        write_predictions(tmp_path / "p.parquet", table, header_of(table))


def test_a_disk_that_takes_no_more_is_one_line_and_leaves_nothing(tmp_path):
    code = (
        "import resource, sys, pathlib\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from schemas.pose_tables import header_of, table_of\n"
        "from neuropose_ray.errors import OutputError\n"
        "from neuropose_ray.schemas.parquet_files import write_predictions\n"
        "table = table_of(5000)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: write_predictions(pathlib.Path(sys.argv[1]) / 'p.parquet', table, header_of(table))\n"
        "except OutputError as error: print(error)\n"
    )
    tests = str(Path(__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), tests], check=True, capture_output=True, text=True
    )
    assert "p.parquet: cannot be written: File too large" in run.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_output_below_a_file_is_one_line(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_predictions(tmp_path / "out" / "p.parquet", table_of(1), header_of(table_of(1)))


# --- what cannot be read


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"missing.parquet: there is no such file"):
        read_predictions(tmp_path / "missing.parquet")


@properties
@given(st.data())
def test_a_file_that_is_cut_off_is_refused(tmp_path, data):
    path = tmp_path / "p.parquet"
    write_predictions(path, table_of(3), header_of(table_of(3)))
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(FileFormatError, match=r"p.parquet: cannot be read as Parquet"):
        read_predictions(path)


def test_a_flipped_bit_in_the_numbers_is_found(tmp_path):
    path = tmp_path / "p.parquet"
    table = table_of(50)
    write_predictions(path, table, header_of(table))
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 4
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="cannot be read as Parquet"):
        read_predictions(path)


@properties
@given(data=st.data())
def test_a_file_that_is_damaged_anywhere_is_one_line_or_says_the_same(stored, data):
    _, path = stored
    whole = bytearray(path.read_bytes())
    header = read_predictions(path)[1]
    place = data.draw(st.integers(0, len(whole) - 1) | st.integers(max(0, len(whole) - 6000), len(whole) - 1))
    part = data.draw(st.binary(min_size=1, max_size=8))
    whole[place : place + len(part)] = part
    damaged = path.with_name("damaged.parquet")
    damaged.write_bytes(whole)
    line = "none"
    try:
        read, said = read_predictions(damaged)
    except FileFormatError as error:
        line = str(error)
    else:
        assert said == header
        assert_tables_equal(read, read_predictions(path)[0])
    assert len(line.splitlines()) == 1


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(FileFormatError):
        read_predictions(tmp_path)


def test_parquet_of_another_kind_is_refused(tmp_path):
    pq.write_table(pa.table({"frame_index": [1, 2], "price": [1.5, 2.5]}), tmp_path / "sales.parquet")
    with pytest.raises(
        FileFormatError, match=r"sales.parquet: not predictions: columns .* another type: .*timestamp_s"
    ):
        read_predictions(tmp_path / "sales.parquet")


def rewritten(path, change=lambda table: table, **header):
    """The file with changed rows, or changed fields of its header."""
    table = pq.read_table(path)
    stored = json.loads(table.schema.metadata[METADATA_KEY]) | header
    table = change(table)
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: json.dumps(stored)}), path)
    return path


def test_a_newer_file_is_refused(stored):
    with pytest.raises(FutureSchemaError, match=r"predictions.parquet: schema_version is 4"):
        read_predictions(rewritten(stored[1], schema_version=4))


def test_a_header_with_a_wrong_field_is_refused(stored):
    with pytest.raises(FileFormatError, match="not a valid PredictionsHeader: skeleton: Input should be"):
        read_predictions(rewritten(stored[1], skeleton=None))


def test_a_file_whose_metadata_was_lost_is_refused(stored):
    pq.write_table(pq.read_table(stored[1]).replace_schema_metadata(None), stored[1])
    with pytest.raises(FileFormatError, match="metadata has no 'neuropose_ray'"):
        read_predictions(stored[1])


def replaced(name, values):
    def change(table):
        index = table.schema.get_field_index(name)
        return table.set_column(index, table.schema.field(name), pa.array(values, table.schema.field(name).type))

    return change


POINT, POSE = [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]] * 3


@pytest.mark.parametrize(("change", "message"), [
    (lambda table: table.slice(1), "persons are not counted from 0"),
    (lambda table: table.slice(2), "frames are not the 3"),
    (lambda table: table.slice(0, 2), "frames are not the 3"),
    (replaced("frame_index", [0, 2, 1, 2]), "frames are not the 3"),
    (replaced("track_id", [3, None, None, 3]), "some persons have a track_id"),
    (replaced("poses3d", [POSE, POSE, None, None]), "poses3d is null where a person is"),
    (replaced("poses3d_fitted", [POSE, POSE, POSE, POSE]), "not null where nobody is"),
    (replaced("poses3d", [POSE, POSE, None, [POINT] * 2]), "poses3d has not 3 x 3 numbers"),
    (replaced("poses3d", [POSE, POSE, None, [POINT, POINT, [1.0]]]), "poses3d has not 3 x 3 numbers"),
    (replaced("poses3d", [POSE, POSE, None, [POINT, POINT, None]]), "poses3d has not 3 x 3 numbers"),
])  # fmt: skip
def test_rows_that_contradict_each_other_are_refused(stored, change, message):
    with pytest.raises(FileFormatError, match=message):
        read_predictions(rewritten(stored[1], change))


def test_the_number_of_frames_in_the_header_is_checked(stored):
    metadata = VideoMetadata(frame_count=7, fps=1.0, width=1, height=1).model_dump()
    with pytest.raises(FileFormatError, match="frames are not the 7"):
        read_predictions(rewritten(stored[1], metadata=metadata))


def test_reading_loads_no_pandas(stored):
    code = (
        "import sys, pathlib\nfrom neuropose_ray.schemas.parquet_files import read_predictions\n"
        f"read_predictions(pathlib.Path({str(stored[1])!r}))\nprint('pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "False\n"


def test_importing_the_formats_loads_nothing_heavy():
    code = (
        "import sys, neuropose_ray.schemas.parquet_files, neuropose_ray.schemas.neuropose_results\n"
        "print({'pyarrow', 'pandas', 'ray', 'tensorflow', 'cv2', 'matplotlib', 'av', 'scipy'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "set()\n"
