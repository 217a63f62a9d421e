import pytest
from pydantic import ValidationError
from schemas.pose_tables import header_of, table_of

from neuropose_ray.schemas.header import COLUMN_DESCRIPTIONS, SCHEMA_VERSION, PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions


def test_a_header_comes_back_from_json():
    header = header_of(table_of(2))
    assert PredictionsHeader.model_validate_json(header.model_dump_json()) == header
    assert header.schema_version == SCHEMA_VERSION


def test_every_column_of_the_file_is_described_and_no_other(tmp_path):
    from pyarrow import parquet

    table = table_of(1)
    write_predictions(tmp_path / "p.parquet", table, header_of(table))
    assert set(parquet.read_schema(tmp_path / "p.parquet").names) == set(COLUMN_DESCRIPTIONS)


def test_units_are_those_of_described_columns():
    assert set(header_of(table_of(1)).units) <= set(COLUMN_DESCRIPTIONS)


@pytest.mark.parametrize(("name", "value"), [
    ("frame_count", -1), ("frame_count", True), ("frame_count", 1.0), ("fps", float("nan")), ("fps", -1),
    ("width", "1"),
])  # fmt: skip
def test_metadata_that_make_no_sense_are_refused_by_name(name, value):
    fields = {"frame_count": 1, "fps": 25.0, "width": 4, "height": 3}
    with pytest.raises(ValidationError, match=name):
        VideoMetadata(**(fields | {name: value}))


def test_a_name_with_bytes_that_are_no_text_can_be_stored():
    metadata = VideoMetadata(frame_count=0, fps=0, width=0, height=0, filename="caf\udce9.mp4")
    assert "caf" in metadata.model_dump_json()
