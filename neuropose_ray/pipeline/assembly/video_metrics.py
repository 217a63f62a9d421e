"""``metrics.json``: what a video's files were made from, how, and at what cost."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.provenance import Provenance


class VideoMetrics(FrozenModel):
    """The record beside a video's predictions, written after them: it vouches for the files that it describes.

    The fields about poses have defaults, so that records of versions that did not know them can still be read.
    """

    plan_key: str = Field(description="identifies chunks, settings and versions of the code; equal keys, equal files")
    poses_key: str = Field(
        default="", description="the part of it that identifies the pose model's results; empty: not known"
    )
    poses_sha256: str = Field(
        default="", description="of the pose model's numbers in predictions.parquet; tracks and fit are no part of it"
    )
    predictions_sha256: str = Field(description="of predictions.parquet as a file")
    frames: int
    tracks: int
    performance: PerformanceMetrics = Field(description="of computing the poses, whenever that was")
    provenance: Provenance | None
    notes: tuple[str, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()


def read_metrics(path: Path) -> VideoMetrics | None:
    """The record at a path, None where there is none or it is damaged."""
    try:
        return VideoMetrics.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
