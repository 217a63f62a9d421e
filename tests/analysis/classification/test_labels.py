from pathlib import Path

import pytest

from neuropose_ray.analysis.classification.labels import LabelledPath, read_labels
from neuropose_ray.errors import FileFormatError, InputNotFoundError


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "trials.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_paths_begin_at_the_tables_folder_and_other_columns_are_passed_over(tmp_path):
    table = written(tmp_path, "label,note,trial,subject\nwalk,slow,out/a,anna\nsquat,,/data/b.json,ben\n")
    assert read_labels(table) == (
        LabelledPath(tmp_path / "out/a", "anna", "walk"),
        LabelledPath(Path("/data/b.json"), "ben", "squat"),
    )


def test_a_table_as_spreadsheets_save_it_is_read(tmp_path):
    table = written(tmp_path, '\ufefftrial,subject,label\r\n"out, first/a", anna ,walk\r\n')
    assert read_labels(table) == (LabelledPath(tmp_path / "out, first/a", "anna", "walk"),)


@pytest.mark.parametrize(("content", "message"), [
    ("", "no column trial, subject, label; its first line needs trial,subject,label"),
    ("trial,label\na,walk\n", "no column subject"),
    ("trial,subject,label\n", "has no rows"),
    ("trial,subject,label\na,anna,walk\nb,,walk\n", "line 3 has no subject"),
    ("trial,subject,label\na,anna\n", "line 2 has no label"),
    (b"trial,subject,label\n\xff,anna,walk\n", "not a CSV table"),
    ('trial,subject,label\n"a,anna,walk\n', "not a CSV table"),
])  # fmt: skip
def test_what_is_no_such_table_is_one_line(tmp_path, content, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        read_labels(written(tmp_path, content))
    assert str(caught.value).startswith(f"{tmp_path / 'trials.csv'}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_table_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputNotFoundError, match="no such file"):
        read_labels(tmp_path / "gone.csv")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_labels(tmp_path)
