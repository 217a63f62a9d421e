import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.schemas.result_files import predictions_in, video_folders, video_name


@pytest.fixture
def out(tmp_path):
    """A run's folder with the folder of one video."""
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk" / "predictions.parquet").write_bytes(b"poses")
    (tmp_path / "walk" / "results.json").write_bytes(b"{}")
    return tmp_path


def test_a_folder_and_the_file_in_it_are_the_same(out):
    file = out / "walk" / "predictions.parquet"
    assert predictions_in(out / "walk") == predictions_in(file) == file


def test_neuroposes_format_is_taken_only_where_the_whole_predictions_are_missing(out):
    (out / "walk" / "predictions.parquet").unlink()
    assert predictions_in(out / "walk") == out / "walk" / "results.json"
    assert video_folders(out) == []


def test_the_folder_of_a_whole_run_is_answered_with_its_videos(out):
    with pytest.raises(InputNotFoundError, match=r"there is no predictions.parquet .* one video: walk"):
        predictions_in(out)


def test_other_folders_and_wrong_paths_are_one_line(out):
    (out / "empty").mkdir()
    with pytest.raises(InputNotFoundError, match="process` makes it"):
        predictions_in(out / "empty")
    with pytest.raises(InputNotFoundError, match="no such file or folder"):
        predictions_in(out / "gone")


def test_the_videos_of_a_run_are_in_the_order_of_their_names(out):
    for name in ("b", "a"):
        (out / name).mkdir()
        (out / name / "predictions.parquet").touch()
    (out / "notes").mkdir()
    assert [folder.name for folder in video_folders(out)] == ["a", "b", "walk"]


def test_a_videos_name_is_its_folders_or_that_of_a_file_elsewhere(out, monkeypatch):
    assert video_name(out / "walk" / "predictions.parquet") == "walk"
    assert video_name(out / "walk" / "results.json") == "walk"
    assert video_name(out / "walk_predictions.json") == "walk_predictions"
    monkeypatch.chdir(out / "walk")
    assert video_name(predictions_in(out.__class__("predictions.parquet"))) == "walk"
