import pytest
from schemas.pose_tables import assert_tables_equal, header_of, table_of

import neuropose_ray
from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.json_files import save_job_results, save_video_predictions
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.predictions import JobResults, VideoPredictions
from neuropose_ray.schemas.reading import read_table


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


def test_a_folder_that_neuropose_wrote_is_read_too(predictions, tmp_path):
    (tmp_path / "job").mkdir()
    save_job_results(tmp_path / "job" / "results.json", JobResults({"squat.mp4": predictions}))
    assert neuropose_ray.read(tmp_path / "job") == predictions
    table, header = read_table(tmp_path / "job")
    assert header == predictions.header
    assert_tables_equal(table, predictions.to_table())


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
