"""A step of a job with two videos, of which one has poses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from formats.people import squatting
from support.job_manager import request_for, settings_for

from neuropose_ray.pipeline import RunSummary, VideoResult, write_summary
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.workflows import Step
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.jobs.steps.work import StepWork


@pytest.fixture
def work(tmp_path: Path) -> Callable[..., StepWork]:
    """Make the work of a step, with what it logs and tells in lists of its own."""

    def make(kind: str = "export", should_stop: bool = False, **options: Any) -> StepWork:
        videos = [tmp_path / "walk.mp4", tmp_path / "empty.mp4"]
        for video in videos:
            video.write_bytes(b"a video")
        request = request_for(tmp_path / "data", *videos, workflow="standard")
        folder = JobFolder(tmp_path / "data" / "jobs" / request.id)
        write_predictions(folder.results / "walk" / "predictions.parquet", *squatting(frames=8))
        results = (
            VideoResult(name="walk", input="walk.mp4", state="completed"),
            VideoResult(name="empty", input="empty.mp4", state="failed"),
        )
        summary = RunSummary(
            model="blazepose", model_sha256="1" * 64, engine="local", started_at=request.submitted_at, seconds=1.0,
            frames_computed=8, videos=results, not_videos=(), notes=(),
        )  # fmt: skip
        write_summary(summary, folder.results)
        step = Step.model_validate({"kind": kind, "with": options})
        return StepWork(
            request, folder, step, settings_for(tmp_path / "data"), {}, lambda: should_stop, lambda *_: None,
            lambda _line: None,
        )  # fmt: skip

    return make
