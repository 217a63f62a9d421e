import pytest

from neuropose_ray.analysis.runs.files import read_text
from neuropose_ray.errors import FileFormatError, InputNotFoundError


def test_a_text_is_read_as_it_is(tmp_path):
    (tmp_path / "a.yaml").write_text("größe: 1\n", "utf-8")
    assert read_text(tmp_path / "a.yaml") == "größe: 1\n"


def test_what_is_not_there_not_text_or_no_file_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError, match="no such file"):
        read_text(tmp_path / "gone")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match="not text"):
        read_text(tmp_path / "bytes")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_text(tmp_path)
