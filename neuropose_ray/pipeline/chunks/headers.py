"""What is said once of a chunk's and of a video's predictions."""

from __future__ import annotations

import json

from neuropose_ray.models.protocol import ModelInfo
from neuropose_ray.pipeline.planning.plan import ChunkTask
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.provenance import Provenance


def chunk_header(task: ChunkTask, model: ModelInfo, frames: int) -> PredictionsHeader:
    """The description of a chunk's predictions, of ``frames`` frames; the video's is the same but for those."""
    info = task.video.info
    return PredictionsHeader(
        metadata=VideoMetadata(
            frame_count=frames,
            fps=info.fps,
            width=info.width,
            height=info.height,
            filename=info.source.path.name,
            rotation_degrees=info.rotation_degrees,
            notes=info.notes,
        ),
        skeleton=model.skeleton,
        camera=task.video.camera,
        provenance=Provenance.record(
            model_name=model.name,
            model_sha256=model.sha256,
            model_filename=model.filename,
            runtime=model.runtime,
            device=model.device,
            skeleton=model.skeleton.name,
            video_sha256=info.sha256,
            settings={model.name: json.loads(model.settings)},
        ),
    )
