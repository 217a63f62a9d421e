"""What clients see of a job."""

from pathlib import Path

import pytest

from neuropose_ray.errors import RequestError
from neuropose_ray.schemas.jobs import Artifact
from neuropose_ray.service.jobs.views import artifacts_in, parse_cursor


def test_files_of_a_run_that_failed_half_way_are_its_results_and_nothing_of_its_own(tmp_path: Path):
    for path in (
        "summary.json", "walk/predictions.parquet", "walk/report.html", "chunks/predictions.parquet",
        "walk/chunks/plan.bin", "walk/chunks/000001/frames.parquet", "walk/.overlay.mp4.ab.tmp",
        ".neuropose-ray/manifest/0.json", "walk/data/chunks/a.json",
    ):  # fmt: skip
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"123")
    (tmp_path / "walk" / "dangling").symlink_to(tmp_path / "nowhere")
    assert artifacts_in(tmp_path) == tuple(
        Artifact(path=path, size_bytes=3)
        for path in (
            "chunks/predictions.parquet", "summary.json", "walk/data/chunks/a.json", "walk/predictions.parquet",
            "walk/report.html",
        )
    )  # fmt: skip


def test_a_job_without_results_has_no_files(tmp_path: Path):
    assert artifacts_in(tmp_path / "missing") == ()


@pytest.mark.parametrize("text", ["", "1_2_3", "-1_-2_x", "-1_-2_" + "0f" * 17, "-1_-2_" + "0F" * 16])
def test_a_cursor_of_no_page_is_refused(text: str):
    with pytest.raises(RequestError, match="after"):
        parse_cursor(text)


def test_a_cursor_is_what_it_says():
    assert parse_cursor("-17_-42_" + "0f" * 16) == (-17, -42, "0f" * 16)
