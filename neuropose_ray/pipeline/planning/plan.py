"""What has to be done for a video: its chunks, and the keys under which their results are kept.

A key is made of all that decides about the numbers: the video's content, weights, settings, camera, and the version
of every stage of the code (``DECODING_VERSION``, ``BLAZEPOSE_VERSION`` or ``METRABS_VERSION``, ``POSES_VERSION``; for
a video's files also ``TRACKS_VERSION``, ``FIT_VERSION`` and ``FILES_VERSION``). The code itself is no part of it: a
changed comment or a new name leaves finished results what they are. Who changes what a stage computes raises its
version; ``tests/pipeline/test_versions.py`` asks for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.inputs.cameras import camera_of
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video import DECODING_VERSION, Chunk, VideoInfo, VideoSource, merge_chunks, plan_chunks, probe

#: Of the way from a chunk of pictures to a table of poses, without what decoding and the pose model count for
#: themselves. Raised where the same pictures and model give other numbers: then every video is computed again.
POSES_VERSION = 3


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One video, cut into chunks.

    ``sessions`` are the first frames of the pose model's sessions: each chunk begins with one, and holds more where
    it is longer. ``keys[i]`` identifies the results of ``chunks[i]``: equal content, range, model, camera, settings
    and versions of the code have equal keys.
    """

    name: str
    info: VideoInfo
    camera: Camera
    chunks: tuple[Chunk, ...]
    keys: tuple[str, ...]
    sessions: tuple[int, ...]

    @property
    def poses_key(self) -> str:
        """What identifies the pose model's results for the whole video."""
        return digest_of(*self.keys)


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
        """The frames of the chunk."""
        return self.video.chunks[self.index]

    @property
    def key(self) -> str:
        """What identifies the result."""
        return self.video.keys[self.index]


def plan_video(
    video: FoundVideo, source: VideoSource, spec: PoseModelSpec, camera: CameraSettings, chunk_frames: int
) -> VideoPlan:
    """Probe a video and cut it into chunks.

    Raises:
        NeuroposeRayError: the video cannot be opened, or its camera is not in the calibration.
    """
    info = probe(source)
    lens = camera_of(info, camera, spec.field_of_view_degrees)
    parts = plan_chunks(info, spec.session_frames or chunk_frames)
    chunks = merge_chunks(parts, chunk_frames)
    common = (info.sha256, str(info.stream_index), spec.fingerprint(), lens.model_dump_json(), poses_versions())
    keys = (digest_of(*common, repr(chunk.start_s), repr(chunk.end_s)) for chunk in chunks)
    return VideoPlan(video.name, info, lens, chunks, tuple(keys), tuple(part.first_frame for part in parts))


def poses_versions() -> str:
    """What stands in keys for the code from a file to poses; the pose model's own is in its fingerprint."""
    return f"decoding {DECODING_VERSION}, poses {POSES_VERSION}"


def digest_of(*parts: str) -> str:
    """SHA-256 of texts, hexadecimal: a key."""
    return hashlib.sha256("|".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
