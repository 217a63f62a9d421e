"""The pose model's results for a whole video: out of its chunks, or out of files that an earlier run wrote.

Chunks are removed once a video's files are written. ``predictions.parquet`` keeps the model's poses beside tracks and
fitted poses, and ``metrics.json`` says which key they stand under, and their digest. So where only tracking, the fit
or the format of files has changed, or a run was killed while it wrote them, the poses are taken from there, and no
model runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neuropose_ray.errors import NeuroposeRayError, VideoError
from neuropose_ray.pipeline.assembly.video_metrics import read_metrics
from neuropose_ray.pipeline.chunks.commit import ChunkMarker, ChunkStore, ErrorRecord
from neuropose_ray.pipeline.planning.plan import VideoPlan
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE
from neuropose_ray.schemas.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class VideoPoses:
    """What a pose model gave for a video, before tracking.

    Attributes:
        table: all frames that could be decoded, and the people in them.
        skeleton: of the poses.
        provenance: of the poses; None where the model's results did not state it.
        performance: what it cost to compute them.
        errors: frames and chunks that are missing, and why.
    """

    table: PoseTable
    skeleton: Skeleton
    provenance: Provenance | None
    performance: PerformanceMetrics
    errors: tuple[ErrorRecord, ...]

    def sha256(self) -> str:
        """Digest of the numbers and of what the joints are called, hexadecimal."""
        poses = self.table.poses
        digest = hashlib.sha256("|".join((self.skeleton.name, *self.skeleton.joint_names)).encode())
        for values, kind in (
            (self.table.timestamps_s, "<f8"), (poses.frame, "<i8"), (poses.boxes, "<f4"), (poses.poses2d, "<f4"),
            (poses.poses3d, "<f4"), (poses.joint_scores, "<f4"),
        ):  # fmt: skip
            digest.update(np.ascontiguousarray(values, kind).data)
        return digest.hexdigest()


def join_chunks(store: ChunkStore, plan: VideoPlan, failed: tuple[ErrorRecord, ...], workers: int) -> VideoPoses:
    """The poses of a video out of its committed chunks.

    Args:
        store: the video's chunks.
        plan: which they are.
        failed: what is known of the chunks that are missing.
        workers: models in memory at once, for the performance figures.

    Raises:
        VideoError: not one frame of the video could be decoded.
        FileFormatError: a chunk was damaged since it was looked at.
    """
    chunks = [chunk for key in plan.keys if (chunk := store.take(key)) is not None]
    markers = [chunk.marker for chunk in chunks]
    errors = (*failed, *(error for marker in markers for error in marker.errors))
    if not sum(marker.frames for marker in markers):
        reason = errors[0].message if errors else "it has no frames"
        raise VideoError(f"no frame could be decoded ({reason})", where=str(plan.info.source.path))
    return VideoPoses(
        table=PoseTable.concatenate([chunk.table for chunk in chunks]),
        skeleton=chunks[0].header.skeleton,
        provenance=chunks[0].header.provenance,
        performance=performance(markers, workers),
        errors=errors,
    )


def kept_poses(folder: Path, plan: VideoPlan) -> VideoPoses | None:
    """The poses in a video's files where they are what this plan would compute, undamaged; else None.

    Args:
        folder: of the video.
        plan: what would be computed.
    """
    metrics = read_metrics(folder / METRICS_FILE)
    if metrics is None or metrics.poses_key != plan.poses_key:
        return None
    try:
        table, header = read_predictions(folder / PREDICTIONS_FILE)
    except NeuroposeRayError:
        return None
    table = table.take(plan.is_analysed(table.timestamps_s)[table.poses.frame])  # what was interpolated is no pose
    poses = VideoPoses(
        table=replace(table, track_ids=None, poses3d_fitted=None),
        skeleton=header.skeleton,
        provenance=metrics.provenance,
        performance=metrics.performance,
        errors=metrics.errors,
    )
    return poses if poses.sha256() == metrics.poses_sha256 else None


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
        per_frame_latencies_ms=tuple(1000 * latency_s for latency_s, frames in calls for _ in range(frames)),
        peak_rss_mb=max(marker.peak_rss_mb for marker in markers),
        active_device=markers[0].device,
        tensorflow_version=markers[0].runtime.removeprefix("tensorflow ") if on_tensorflow else "unknown",
        frames=sum(marker.frames for marker in markers),
        workers=min(workers, len(markers)),
        decode_seconds=wait_s,
        infer_seconds=infer_s,
        other_seconds=max(0.0, busy_s - wait_s - infer_s),
    )
