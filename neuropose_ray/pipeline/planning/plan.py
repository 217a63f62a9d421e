"""What has to be done for a video: its chunks, and the keys under which their results are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import neuropose_ray
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.pipeline.inputs.cameras import camera_of
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.probe import probe
from neuropose_ray.video.types import Chunk, VideoInfo, VideoSource

#: The code that turns a chunk into numbers: results of an older version of it are not taken for results of this one.
_NUMERIC_CODE = (
    "schemas/camera.py",
    "schemas/poses.py",
    "pipeline/chunks/process.py",
    "video",
    "models/blazepose",
    "models/metrabs",
)


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One video, cut into chunks.

    ``keys[i]`` identifies the results of ``chunks[i]``: equal content, range, model, camera, settings and code
    have equal keys.
    """

    name: str
    info: VideoInfo
    camera: Camera
    chunks: tuple[Chunk, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """Which chunk of which video: all that a run has to hold of it; workers read the video's plan from the disk."""

    video: str
    index: int


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """One chunk of a planned video: the unit of scheduling, retry and commit."""

    video: VideoPlan
    index: int

    @property
    def chunk(self) -> Chunk:
        """Which frames."""
        return self.video.chunks[self.index]

    @property
    def key(self) -> str:
        """What identifies the result."""
        return self.video.keys[self.index]


def plan_video(
    found: FoundVideo, source: VideoSource, spec: PoseModelSpec, camera: CameraSettings, chunk_frames: int
) -> VideoPlan:
    """Probe a video and cut it into chunks.

    Raises:
        NeuroposeRayError: the video cannot be opened, or its camera is not in the calibration.
    """
    info = probe(source)
    lens = camera_of(info, camera, spec.field_of_view_degrees)
    chunks = plan_chunks(info, chunk_frames)
    common = "|".join(
        (info.sha256, str(info.stream_index), spec.fingerprint(), lens.model_dump_json(), code_digest())
    )
    keys = (f"{common}|{chunk.start_s!r}|{chunk.end_s!r}" for chunk in chunks)
    return VideoPlan(found.name, info, lens, chunks, tuple(hashlib.sha256(key.encode()).hexdigest() for key in keys))


@cache
def code_digest(parts: tuple[str, ...] = _NUMERIC_CODE) -> str:
    """SHA-256 over the source of the code that makes the numbers; it is read once, as the code itself is."""
    root = Path(neuropose_ray.__file__).parent
    files = (file for part in parts for file in sorted((root / part).rglob("*.py")) or [root / part])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
