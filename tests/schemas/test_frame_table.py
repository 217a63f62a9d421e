"""frames.parquet and idle.parquet: written whole, read back the same, and refused where they are something else."""

import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError
from neuropose_ray.schemas.frame_table import (
    IDLE_COLUMNS,
    FrameTableHeader,
    all_columns,
    arrow_schema,
    read_frames,
    read_idle,
    write_frames,
    write_idle,
)
from neuropose_ray.schemas.typed_columns import Column

HEADER = FrameTableHeader(
    video="walk",
    metrics={"blur": 1},
    columns={"blur": Column(type="float32")},
    settings={"blur": {"threshold": 80.0}},
)


def frames(count: int = 3) -> pa.Table:
    rows = [
        {"frame_idx": index, "timestamp_s": index / 30, "path": f"image_{index}.png", "blur": 90.5, "flags": ["idle"]}
        for index in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(all_columns(HEADER)))


def test_frames_come_back_with_their_header(tmp_path):
    write_frames(tmp_path / "a" / "frames.parquet", frames(), HEADER)
    table, header = read_frames(tmp_path / "a" / "frames.parquet")
    assert table.replace_schema_metadata() == frames()
    assert header == HEADER


def test_columns_may_come_in_any_order_and_more_of_them(tmp_path):
    table = frames().append_column("notes", pa.array(["", "", ""]))
    write_frames(tmp_path / "f", table.select(table.column_names[::-1]), HEADER)
    assert read_frames(tmp_path / "f")[0].column_names == list(all_columns(HEADER))


def test_a_video_of_no_frames_is_a_table_too(tmp_path):
    write_frames(tmp_path / "f", frames(0), HEADER)
    assert read_frames(tmp_path / "f")[0].num_rows == 0


def test_a_table_without_a_column_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="blur"):
        write_frames(tmp_path / "f", frames().drop_columns(["blur"]), HEADER)
    assert not (tmp_path / "f").exists()


def test_a_null_where_there_may_be_none_is_not_written(tmp_path):
    field = pa.field("flags", pa.list_(pa.string()))
    holey = frames().set_column(frames().schema.get_field_index("flags"), field, pa.array([None, [], []], field.type))
    with pytest.raises(ValueError, match="null in flags"):
        write_frames(tmp_path / "f", holey, HEADER)
    assert not (tmp_path / "f").exists()


def test_what_is_no_table_of_frames_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "frames.parquet"
    with pytest.raises(InputNotFoundError, match="curate run"):
        read_frames(file)
    file.write_bytes(b"not parquet at all")
    with pytest.raises(FileFormatError, match="cannot be read as Parquet"):
        read_frames(file)
    pq.write_table(frames().drop_columns(["flags"]), file)
    with pytest.raises(FileFormatError, match="no header"):
        read_frames(file)
    write_frames(file, frames(), HEADER)
    content = bytearray(file.read_bytes())
    content[20] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(FileFormatError):
        read_frames(file)


@pytest.mark.parametrize("text", ["no json", "[]", '{"schema_version": 1}'])
def test_a_header_that_is_none_is_refused(tmp_path, text):
    pq.write_table(frames().replace_schema_metadata({"neuropose_ray": text}), tmp_path / "f")
    with pytest.raises(FileFormatError):
        read_frames(tmp_path / "f")


def test_a_newer_version_asks_for_an_upgrade(tmp_path):
    text = HEADER.model_dump_json().replace('"schema_version":1', '"schema_version":2')
    pq.write_table(frames().replace_schema_metadata({"neuropose_ray": text}), tmp_path / "f")
    with pytest.raises(FutureSchemaError, match="version 2"):
        read_frames(tmp_path / "f")


def test_a_column_of_another_type_is_named(tmp_path):
    table = frames().set_column(0, "frame_idx", pa.array(["a", "b", "c"]))
    pq.write_table(table.replace_schema_metadata({"neuropose_ray": HEADER.model_dump_json()}), tmp_path / "f")
    with pytest.raises(FileFormatError, match="frame_idx"):
        read_frames(tmp_path / "f")


def test_idle_intervals_come_back(tmp_path):
    rows = [{"start_idx": 3, "end_idx": 20, "start_s": 0.1, "end_s": 0.7, "idle_score": 0.5}]
    table = pa.Table.from_pylist(rows, schema=arrow_schema(IDLE_COLUMNS))
    write_idle(tmp_path / "idle.parquet", table)
    assert read_idle(tmp_path / "idle.parquet") == table
    with pytest.raises(ValueError, match="start_idx"):
        write_idle(tmp_path / "other", table.drop_columns(["end_s"]))


def test_the_columns_are_known_without_loading_arrow():
    script = "import sys; from neuropose_ray.schemas import frame_table; print('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"
