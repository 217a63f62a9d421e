"""What has to be done for a video: its chunks, and the keys under which their results are kept.

A key is made of all that decides about the numbers: the video's content, weights, settings, camera, and the version
of every stage of the code (``DECODING_VERSION``, ``BLAZEPOSE_VERSION`` or ``METRABS_VERSION``, ``POSES_VERSION``; for
a video's files also ``TRACKS_VERSION``, ``FIT_VERSION`` and ``FILES_VERSION``). The code itself is no part of it: a
changed comment or a new name leaves finished results what they are. Who changes what a stage computes raises its
version; ``tests/pipeline/test_versions.py`` asks for it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.inputs.cameras import camera_of
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.rate import AnalysisRate
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video import (
    DECODING_VERSION,
    Chunk,
    Pictures,
    VideoInfo,
    VideoSource,
    merge_chunks,
    plan_chunks,
    probe,
)

#: Of the way from a chunk of pictures to a table of poses, without what decoding and the pose model count for
#: themselves. Raised where the same pictures and model give other numbers: then every video is computed again.
POSES_VERSION = 3
#: The product that a pose model makes.
POSES = "poses"


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One video, cut into chunks.

    ``sessions`` are the first frames of the pose model's sessions: each chunk begins with one, and holds more where
    it is longer. ``keys[i]`` identifies the poses of ``chunks[i]``: equal content, range, model, camera, settings
    and versions of the code have equal keys. ``products`` has the same keys for what is wanted beside poses, by its
    name. Where no poses are wanted, ``keys`` and ``sessions`` are empty; ``skipped_s`` are times of frames that the
    pose model does not see. ``analysed`` are the positions of the frames that it sees where ``rate`` a second are
    wanted at most and these are not all: those between them get interpolated poses.
    """

    name: str
    info: VideoInfo
    camera: Camera
    chunks: tuple[Chunk, ...]
    keys: tuple[str, ...]
    sessions: tuple[int, ...]
    products: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped_s: tuple[float, ...] = ()
    rate: float | None = None
    analysed: tuple[int, ...] = ()

    def is_analysed(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """``(frames,)`` whether frames at these times are not between those that are analysed."""
        if not self.analysed:
            return np.ones(len(times_s), np.bool_)
        return np.isin(times_s, self.info.timestamps_s[list(self.analysed)])

    def unseen_s(self) -> frozenset[float]:
        """Times of all frames that the pose model does not see."""
        times = self.info.timestamps_s
        return frozenset(self.skipped_s) | frozenset(times[~self.is_analysed(times)].tolist())

    def seen_before(self, frame: int) -> int:
        """How many frames before one are not between analysed ones: its number among these."""
        return bisect_left(self.analysed, frame) if self.analysed else frame

    @property
    def frames_per_analysed(self) -> int:
        """Frames of the video for each one that is analysed, rounded up."""
        return -(-self.info.frame_count // len(self.analysed)) if self.analysed else 1

    def keys_of(self, product: str) -> tuple[str, ...]:
        """The keys of one product of the chunks: of :data:`POSES`, or of what ``products`` names."""
        return self.keys if product == POSES else self.products[product]

    @property
    def product_names(self) -> tuple[str, ...]:
        """All that is wanted of each chunk, what is most work first."""
        return ((POSES,) if self.keys else ()) + tuple(self.products)

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
    """One chunk of a planned video: the unit of scheduling, retry and commit.

    Attributes:
        video: the plan.
        index: which of its chunks.
        products: what is to be computed of it in one pass; tries are counted for the first of them. Empty: all.
    """

    video: VideoPlan
    index: int
    products: tuple[str, ...] = ()

    @property
    def chunk(self) -> Chunk:
        """The frames of the chunk."""
        return self.video.chunks[self.index]

    @property
    def key(self) -> str:
        """What identifies the result of the first product."""
        return self.key_of((self.products or self.video.product_names)[0])

    def key_of(self, product: str) -> str:
        """What identifies the result of a product."""
        return self.video.keys_of(product)[self.index]

    @property
    def pictures(self) -> Pictures:
        """What has to be made of the decoded pictures: colours are for poses, all else looks at luma."""
        wanted = self.products or self.video.product_names
        if POSES not in wanted:
            return "luma"
        return "rgb" if len(wanted) == 1 else "both"


def plan_video(
    video: FoundVideo,
    source: VideoSource,
    spec: PoseModelSpec,
    camera: CameraSettings,
    chunk_frames: int,
    rate: AnalysisRate | None = None,
    read: Callable[[VideoSource], VideoInfo] = probe,
) -> VideoPlan:
    """Probe a video and cut it into chunks.

    Args:
        video: the input.
        source: how it is opened.
        spec: the pose model.
        camera: what is known of the camera.
        chunk_frames: about how many frames a chunk gets; with a rate, of those that are analysed.
        rate: at most so many frames a second are analysed; None for all.
        read: probes the video, or knows what a probe would give.

    Raises:
        NeuroposeRayError: the video cannot be opened, or its camera is not in the calibration.
    """
    info = read(source)
    lens = camera_of(info, camera, spec.field_of_view_degrees)
    analysed = () if rate is None else rate.analysed(info)
    frames_per_analysed = info.frame_count / len(analysed) if analysed else 1
    parts = plan_chunks(info, round((spec.session_frames or chunk_frames) * frames_per_analysed))
    chunks = merge_chunks(parts, round(chunk_frames * frames_per_analysed))
    common = [info.sha256, str(info.stream_index), spec.fingerprint(), lens.model_dump_json(), poses_versions()]
    if rate is not None and analysed:
        common.append(rate.key)
    return VideoPlan(
        name=video.name,
        info=info,
        camera=lens,
        chunks=chunks,
        keys=tuple(digest_of(*common, repr(chunk.start_s), repr(chunk.end_s)) for chunk in chunks),
        sessions=tuple(part.first_frame for part in parts),
        rate=rate.per_s if rate is not None and analysed else None,
        analysed=analysed,
    )


def poses_versions() -> str:
    """What stands in keys for the code from a file to poses; the pose model's own is in its fingerprint."""
    return f"decoding {DECODING_VERSION}, poses {POSES_VERSION}"


def digest_of(*parts: str) -> str:
    """SHA-256 of texts, hexadecimal: a key."""
    return hashlib.sha256("|".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
