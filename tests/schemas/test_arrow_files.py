"""Tables on the disk: whole, the same for the same content, and refused where they are damaged."""

from pathlib import Path

import pyarrow as pa
import pytest

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.arrow_files import read_arrow, write_arrow

TABLE = pa.table({"frame": [0, 1, 2], "blur": [1.5, None, 2.0]}).replace_schema_metadata({"key": "abc"})


def test_a_table_comes_back_with_its_metadata(tmp_path: Path):
    write_arrow(tmp_path / "a.parquet", TABLE)
    back = read_arrow(tmp_path / "a.parquet")
    assert back.equals(TABLE)
    assert back.schema.metadata[b"key"] == b"abc"
    assert read_arrow(tmp_path / "a.parquet", ["blur"]).column_names == ["blur"]


def test_equal_tables_make_equal_files(tmp_path: Path):
    write_arrow(tmp_path / "a.parquet", TABLE)
    write_arrow(tmp_path / "b.parquet", pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)]).combine_chunks())
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_what_is_gone_or_damaged_or_lacks_a_column_is_named(tmp_path: Path):
    with pytest.raises(InputNotFoundError):
        read_arrow(tmp_path / "none.parquet")
    write_arrow(tmp_path / "a.parquet", TABLE)
    with pytest.raises(FileFormatError, match="phash"):
        read_arrow(tmp_path / "a.parquet", ["phash"])
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[20:40] = bytes(20)
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(FileFormatError):
        read_arrow(tmp_path / "a.parquet")
