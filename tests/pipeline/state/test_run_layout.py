"""What of a run's folder is the run's own, and what is a result."""

from pathlib import Path, PurePosixPath

import pytest

from neuropose_ray.pipeline.state.run_layout import CHUNKS_FOLDER, is_internal, manifest_folder, state_folder


@pytest.mark.parametrize(
    ("path", "internal"),
    [
        ("summary.json", False), ("walk/predictions.parquet", False), ("walk/exports/predictions.trc", False),
        ("chunks/predictions.parquet", False), ("walk/more/chunks/a.json", False),
        ("walk/chunks/plan.bin", True), ("walk/chunks/000001/frames.parquet", True), ("walk/.source.json", True),
        ("walk/.overlay.mp4.x.tmp", True), (".neuropose-ray/manifest/0.parquet", True),
    ],
)  # fmt: skip
def test_state_chunks_and_files_that_are_being_written_are_the_runs_own(path: str, internal: bool):
    assert is_internal(PurePosixPath(path)) == internal


def test_a_video_may_be_called_as_the_folder_of_chunks_is():
    assert not is_internal(PurePosixPath(CHUNKS_FOLDER) / "report.html")


def test_the_state_is_hidden_below_the_output():
    out = Path("results")
    assert is_internal(state_folder(out).relative_to(out))
    assert manifest_folder(out).is_relative_to(state_folder(out))
