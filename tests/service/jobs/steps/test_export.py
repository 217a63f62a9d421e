"""Files for other programs, as a job makes them."""

from formats.people import squatting

from neuropose_ray.formats import ExportFormat
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.service.jobs.steps.export import export_video
from neuropose_ray.service.jobs.steps.settings import ExportOptions
from neuropose_ray.service.jobs.steps.work import VideoOutput


def test_what_a_reader_should_know_is_beside_the_files(tmp_path):
    output = VideoOutput("walk.mp4", tmp_path, tmp_path / "walk.mp4")
    options = ExportOptions(formats=(ExportFormat.MOT, ExportFormat.CSV))
    write_predictions(tmp_path / "predictions.parquet", *squatting(frames=90, missing=range(30, 60)))
    assert export_video(output, options) == ()
    files = {path.name for path in (tmp_path / "exports").iterdir()}
    assert files == {"predictions_1.mot", "predictions_2.mot", "predictions.csv", "notes.txt"}
    notes = (tmp_path / "exports" / "notes.txt").read_text().splitlines()
    assert any(
        line.startswith("predictions.mot: 2 files, one for each stretch between the gaps: predictions_1.mot")
        for line in notes
    )
    write_predictions(tmp_path / "predictions.parquet", *squatting(frames=90))
    assert export_video(output, ExportOptions(formats=(ExportFormat.CSV,))) == ()
    assert not (tmp_path / "exports" / "notes.txt").exists()
