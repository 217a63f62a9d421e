import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.formats.folders import atomic_folder, require_free


def write(path, text, files=("a_keypoints.json",)):
    with atomic_folder(path, ours="*_keypoints.json") as temporary:
        for file in files:
            (temporary / file).write_text(text)


def test_an_earlier_export_is_replaced_with_all_its_files(tmp_path):
    write(tmp_path / "new" / "out", "old", files=("a_keypoints.json", "b_keypoints.json"))
    write(tmp_path / "new" / "out", "new")
    assert [(file.name, file.read_text()) for file in (tmp_path / "new" / "out").iterdir()] == [
        ("a_keypoints.json", "new")
    ]
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["out"]


def test_after_an_error_nothing_has_changed(tmp_path):
    write(tmp_path / "out", "old")

    def fail():
        with atomic_folder(tmp_path / "out", ours="*_keypoints.json") as temporary:
            (temporary / "a_keypoints.json").write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "out" / "a_keypoints.json").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["folder", "file", "file/out"])
def test_what_others_put_there_stays(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OutputError):
        write(tmp_path / name, "new")
    assert (tmp_path / "folder" / "thesis.txt").read_text() == (tmp_path / "file").read_text() == "precious"


def test_a_path_is_free_where_nothing_or_an_empty_folder_is(tmp_path):
    (tmp_path / "empty").mkdir()
    require_free(tmp_path / "empty", overwrite=False)
    require_free(tmp_path / "nothing", overwrite=False)
    (tmp_path / "empty" / "file").write_text("precious")
    for taken in (tmp_path / "empty", tmp_path / "empty" / "file"):
        with pytest.raises(OutputError, match="give --overwrite to replace it"):
            require_free(taken, overwrite=False)
        require_free(taken, overwrite=True)
