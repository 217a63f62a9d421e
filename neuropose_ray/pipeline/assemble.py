"""From committed chunks to a video's files: predictions.parquet, results.json, metrics.json."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError

from neuropose_ray.errors import VideoError
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.pipeline.commit import ChunkMarker, ErrorRecord
from neuropose_ray.pipeline.fit import depth_prior, fit_tracks, prior_version
from neuropose_ray.pipeline.folder import FITTING_FILE, METRICS_FILE, PREDICTIONS_FILE, RESULTS_FILE
from neuropose_ray.pipeline.plan import VideoPlan, code_digest
from neuropose_ray.pipeline.worker import ChunkWork
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.neuropose_results import save_neuropose_results
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.tracking import TrackingSettings, track


class VideoMetrics(FrozenModel):
    """``metrics.json``: what a video's files were made from, how, and at what cost."""

    plan_key: str = Field(description="identifies chunks, tracking settings and code; equal keys, equal files")
    predictions_sha256: str
    frames: int
    tracks: int
    performance: PerformanceMetrics
    provenance: Provenance | None
    notes: tuple[str, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembly:
    """How to put a video together, and where."""

    work: ChunkWork
    tracking: TrackingSettings
    fitting: FittingSettings | None
    workers: int

    def plan_key(self, plan: VideoPlan) -> str:
        """What identifies the files of a video."""
        parts = (*plan.keys, plan.info.source.path.name, self.settings_key())
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def settings_key(self) -> str:
        """What identifies the way from chunks to files."""
        fitting = "" if self.fitting is None else self.fitting.model_dump_json()
        code = code_digest(("tracking", "fitting", "pipeline/assemble.py", "pipeline/fit.py", "schemas", "lifting"))
        prior = "" if self.fitting is None else prior_version(self.fitting)
        return "|".join((self.tracking.model_dump_json(), fitting, prior, code))

    def files(self, name: str) -> tuple[Path, ...]:
        """What a finished video must have in its folder."""
        return tuple(self.work.out / name / file for file in (PREDICTIONS_FILE, RESULTS_FILE, METRICS_FILE))

    def finished(self, plan: VideoPlan) -> VideoMetrics | None:
        """The metrics of a video whose files are there, whole, undamaged and up to date, else None."""
        folder = self.work.out / plan.name
        try:
            metrics = VideoMetrics.model_validate_json((folder / METRICS_FILE).read_bytes())
            same = metrics.plan_key == self.plan_key(plan) and (folder / RESULTS_FILE).exists()
            return metrics if same and _digest(folder / PREDICTIONS_FILE) == metrics.predictions_sha256 else None
        except (OSError, ValidationError):
            return None

    def __call__(self, plan: VideoPlan, failed: tuple[ErrorRecord, ...] = ()) -> VideoMetrics:
        """Join the chunks, follow the people, and write the files; ``failed`` are the chunks that are missing.

        Raises:
            VideoError: not one frame of the video could be decoded.
            OutputError: no space or no permission.
        """
        store, folder = self.work.store(plan.name), self.work.out / plan.name
        found = [(key, marker) for key in plan.keys if (marker := store.committed(key))]
        markers = [marker for _, marker in found]
        errors = (*failed, *(error for marker in markers for error in marker.errors))
        if not sum(marker.frames for marker in markers):
            reason = errors[0].message if errors else "it has no frames"
            raise VideoError(f"no frame could be decoded ({reason})", where=str(plan.info.source.path))
        tables, headers = zip(*(store.read(key) for key, _ in found), strict=True)
        table = PoseTable.concatenate(tables)
        table = table.with_tracks(track(table, self.tracking))
        header = _video_header(headers[0], table)
        if self.fitting is not None:
            table, report = fit_tracks(table, plan.camera, header.skeleton, self.fitting, depth_prior(self.fitting))
            save_model(folder / FITTING_FILE, report)
        else:
            (folder / FITTING_FILE).unlink(missing_ok=True)  # another run's, with other settings
        write_predictions(folder / PREDICTIONS_FILE, table, header)
        save_neuropose_results(folder / RESULTS_FILE, [(plan.info.source.path.name, table, header)])
        metrics = VideoMetrics(
            plan_key=self.plan_key(plan),
            predictions_sha256=_digest(folder / PREDICTIONS_FILE),
            frames=table.frame_count,
            tracks=len(np.unique(table.track_ids)) if table.track_ids is not None else 0,
            performance=performance(markers, self.workers),
            provenance=header.provenance,
            notes=plan.info.notes,
            errors=errors,
        )
        save_model(folder / METRICS_FILE, metrics)
        if not failed:
            store.clear()
        return metrics


def performance(markers: list[ChunkMarker], workers: int) -> PerformanceMetrics:
    """One video's figures out of its chunks'."""
    calls = [
        (seconds / frames, frames)
        for marker in markers
        for seconds, frames in zip(marker.call_s, marker.call_frames, strict=True)
    ]
    infer_s = sum(sum(marker.call_s) for marker in markers)
    wait_s = sum(marker.wait_s for marker in markers)
    busy_s = sum(marker.seconds for marker in markers)
    loads = [marker.model_load_s for marker in markers if marker.model_load_s is not None]
    on_tensorflow = markers[0].runtime.startswith("tensorflow")
    return PerformanceMetrics(
        model_load_seconds=max(loads, default=None),
        total_seconds=busy_s / min(workers, len(markers)),
        per_frame_latencies_ms=tuple(1000 * each for each, frames in calls for _ in range(frames)),
        peak_rss_mb=max(marker.peak_rss_mb for marker in markers),
        active_device=markers[0].device,
        tensorflow_version=markers[0].runtime.removeprefix("tensorflow ") if on_tensorflow else "unknown",
        frames=sum(marker.frames for marker in markers),
        workers=min(workers, len(markers)),
        decode_seconds=wait_s,
        infer_seconds=infer_s,
        other_seconds=max(0.0, busy_s - wait_s - infer_s),
    )


def _video_header(chunk: PredictionsHeader, table: PoseTable) -> PredictionsHeader:
    times = table.timestamps_s
    fps = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    metadata = chunk.metadata.model_copy(update={"frame_count": table.frame_count, "fps": float(fps)})
    return chunk.model_copy(update={"metadata": metadata})


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
