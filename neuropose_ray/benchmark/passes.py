"""One pass: a whole run of the program into an empty folder, and what it took."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import EngineError, OutputError
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline import ChunkOutcome, Engine, NullReporter, RunSettings, VideoMetrics, run
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE


@dataclass(frozen=True, slots=True)
class Workload:
    """The work of every pass, and the folder in which each pass gets an empty one of its own."""

    videos: tuple[Path, ...]
    settings: RunSettings
    spec: PoseModelSpec
    folder: Path


@dataclass(frozen=True, slots=True)
class Pass:
    """Times and counts of one pass.

    Attributes:
        metrics: all videos together; ``total_seconds`` from a worker's start on the first chunk to the last
            chunk's results.
        start_s: seconds before that.
        assemble_s: seconds after that.
        idle_s: seconds that workers had no chunk in between, summed over the workers.
        provenance: of the first video.
        predictions: the first video's file.
    """

    metrics: PerformanceMetrics
    start_s: float
    assemble_s: float
    idle_s: float
    provenance: Provenance | None
    predictions: Path

    def table(self) -> PoseTable:
        """The poses of the first video."""
        return read_predictions(self.predictions)[0]


class _Outcomes(NullReporter):
    """Keeps what came of every chunk."""

    def __init__(self) -> None:
        self.all: list[ChunkOutcome] = []

    def advance(self, outcome: ChunkOutcome) -> None:
        """Keep the outcome of one more chunk."""
        self.all.append(outcome)


def copies_of(video: Path, copies: int, folder: Path) -> tuple[Path, ...]:
    """The video itself, or as many copies of it, which a run takes for different videos.

    Raises:
        OutputError: there is no space for the copies.
    """
    if copies == 1:
        return (video,)
    paths = tuple(folder / f"{video.stem}_{number}{video.suffix}" for number in range(copies))
    try:
        for path in paths:
            if video.is_dir():
                shutil.copytree(video, path)
            else:
                shutil.copyfile(video, path)
    except OSError as error:
        hint = "set TMPDIR to a folder with more space, or ask for fewer frames"
        raise OutputError(error.strerror or str(error), where=str(folder), hint=hint) from error
    return paths


def run_pass(work: Workload, engine: Engine) -> Pass:
    """Process the workload once, from nothing.

    Raises:
        NeuroposeRayError: whatever stops a run.
        EngineError: a chunk failed, so that the figures would not be those of the whole video.
    """
    out, outcomes = Path(tempfile.mkdtemp(prefix="pass_", dir=work.folder)), _Outcomes()
    begin_s = time.monotonic()
    summary = run(work.videos, out, settings=work.settings, spec=work.spec, engine=engine, progress=outcomes)
    end_s = time.monotonic()
    for video in summary.videos:
        if video.state == "failed" or any(outcome.error for outcome in outcomes.all if outcome.video == video.name):
            reason = video.errors[0].message if video.errors else "not all of it was processed"
            raise EngineError(reason, where=video.input, hint="see what `neuropose-ray process` says of it")
    metrics = [
        VideoMetrics.model_validate_json((out / video.name / METRICS_FILE).read_bytes()) for video in summary.videos
    ]
    first_s, last_s = (
        min(chunk_outcome.began_s for chunk_outcome in outcomes.all),
        max(chunk_outcome.ended_s for chunk_outcome in outcomes.all),
    )
    busy_s = sum(chunk_outcome.ended_s - chunk_outcome.began_s for chunk_outcome in outcomes.all)
    workers = min(engine.workers, len(outcomes.all))
    return Pass(
        metrics=_together(
            [chunk_outcome.performance for chunk_outcome in metrics], last_s - first_s, busy_s, workers
        ),
        start_s=max(0.0, first_s - begin_s),
        assemble_s=max(0.0, end_s - last_s),
        idle_s=max(0.0, engine.workers * (last_s - first_s) - busy_s),
        provenance=metrics[0].provenance,
        predictions=out / summary.videos[0].name / PREDICTIONS_FILE,
    )


def _together(
    videos: Sequence[PerformanceMetrics], total_s: float, busy_s: float, workers: int
) -> PerformanceMetrics:
    """One record of several videos processed side by side in ``total_s`` by workers that were busy for ``busy_s``."""
    loads = [video.model_load_seconds for video in videos if video.model_load_seconds is not None]
    decode_s, infer_s = sum(video.decode_seconds for video in videos), sum(video.infer_seconds for video in videos)
    return videos[0].model_copy(
        update={
            "model_load_seconds": max(loads, default=None),
            "total_seconds": total_s,
            "per_frame_latencies_ms": tuple(ms for video in videos for ms in video.per_frame_latencies_ms),
            "peak_rss_mb": max(video.peak_rss_mb for video in videos),
            "frames": sum(video.frames for video in videos),
            "workers": workers,
            "decode_seconds": decode_s,
            "infer_seconds": infer_s,
            "other_seconds": max(0.0, busy_s - decode_s - infer_s),
        }
    )
