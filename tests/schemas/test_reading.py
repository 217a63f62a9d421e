import pytest
from schemas.pose_tables import header_of, table_of

import neuropose_ray
from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.json_files import save_video_predictions
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.predictions import VideoPredictions


@pytest.fixture
def predictions(tmp_path):
    """A run's folder with one video."""
    table = table_of(3)
    write_predictions(tmp_path / "squat" / "predictions.parquet", table, header_of(table))
    return VideoPredictions.from_table(table, header_of(table))


def test_a_videos_folder_its_parquet_and_its_json_are_read_alike(predictions, tmp_path):
    save_video_predictions(tmp_path / "squat.json", predictions)
    for path in (tmp_path / "squat", str(tmp_path / "squat" / "predictions.parquet"), tmp_path / "squat.json"):
        assert neuropose_ray.read(path) == predictions


def test_a_runs_folder_names_its_videos(predictions, tmp_path):
    with pytest.raises(InputNotFoundError, match=r"no predictions.parquet in .* of one video: squat"):
        neuropose_ray.read(tmp_path)


def test_what_is_not_there_or_something_else_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError, match="there is no such file"):
        neuropose_ray.read(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputNotFoundError, match="`neuropose-ray process` makes it"):
        neuropose_ray.read(tmp_path / "empty")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(FileFormatError):
        neuropose_ray.read(tmp_path / "text.parquet")


def test_the_package_has_nothing_else_of_that_kind():
    with pytest.raises(AttributeError, match="has no attribute 'write'"):
        neuropose_ray.write  # noqa: B018
