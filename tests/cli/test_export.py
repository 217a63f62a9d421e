import csv

import pytest
import typer
from schemas.pose_tables import assert_tables_equal, header_of, table_of
from typer.testing import CliRunner

from neuropose_ray.cli.export import export
from neuropose_ray.errors import FileFormatError, InputError, OutputError
from neuropose_ray.export.tracks import take_track
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.parquet_files import write_predictions

app = typer.Typer()
app.command()(export)
TABLE = table_of(frames=4, persons_per_frame=2)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    write_predictions(tmp_path / "walk" / "predictions.parquet", TABLE, header_of(TABLE))
    return tmp_path / "walk"


def test_csv_is_written_beside_the_predictions_and_its_path_printed(folder):
    result = run(folder)
    assert (result.exit_code, result.stdout) == (0, f"{folder / 'predictions.csv'}\n")
    with (folder / "predictions.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4 * 2 * 3


def test_json_is_what_the_program_itself_reads(folder, tmp_path):
    assert (
        run(folder / "predictions.parquet", "--format", "json", "--out", tmp_path / "new" / "a.json").exit_code == 0
    )
    assert_tables_equal(load_video_predictions(tmp_path / "new" / "a.json").to_table(), TABLE)


@pytest.mark.parametrize("flag", ["--track", "--person"])
def test_one_person_alone(folder, flag):
    assert run(folder, "--format", "json", flag, 1).exit_code == 0
    assert_tables_equal(load_video_predictions(folder / "predictions.json").to_table(), take_track(TABLE, 1, ""))
    result = run(folder, flag, 5)
    assert isinstance(result.exception, InputError)
    assert str(result.exception).endswith("predictions.parquet: there is no track 5; there are 0, 1")


def test_the_predictions_are_never_replaced(folder):
    before = (folder / "predictions.parquet").read_bytes()
    assert isinstance(run(folder, "--out", folder / "predictions.parquet").exception, OutputError)
    assert (folder / "predictions.parquet").read_bytes() == before


def test_a_file_of_another_kind_is_a_typed_error(folder):
    (folder / "notes.txt").write_text("hello")
    assert isinstance(run(folder / "notes.txt").exception, FileFormatError)


def test_an_unknown_format_is_wrong_use(folder):
    assert run(folder, "--format", "xlsx").exit_code == 2
