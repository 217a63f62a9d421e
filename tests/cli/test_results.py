import pytest

from neuropose_ray.cli.results import predictions_file
from neuropose_ray.errors import InputNotFoundError


@pytest.fixture
def out(tmp_path):
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk" / "predictions.parquet").write_bytes(b"poses")
    return tmp_path


def test_a_folder_and_the_file_in_it_are_the_same(out):
    file = out / "walk" / "predictions.parquet"
    assert predictions_file(out / "walk") == predictions_file(file) == file


def test_the_folder_of_a_whole_run_is_answered_with_its_videos(out):
    with pytest.raises(InputNotFoundError, match=r"there is no predictions.parquet .* one video: walk"):
        predictions_file(out)


def test_other_folders_and_wrong_paths_are_one_line(out):
    (out / "empty").mkdir()
    with pytest.raises(InputNotFoundError, match="process` makes it"):
        predictions_file(out / "empty")
    with pytest.raises(InputNotFoundError, match="no such file or folder"):
        predictions_file(out / "gone")
