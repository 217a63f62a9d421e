"""The numbers of every frame as a product of chunks: planned, keyed and computed beside poses or alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation import CurationSettings, FrameObserver, MetricRegistry, StageKey
from neuropose_ray.pipeline.chunks.frames import FrameBatch
from neuropose_ray.pipeline.inputs.cameras import camera_of
from neuropose_ray.pipeline.planning.plan import ChunkTask, VideoPlan, digest_of
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.video import DECODING_VERSION, Chunk, VideoInfo, VideoSource, plan_chunks, probe

if TYPE_CHECKING:
    import pyarrow as pa

#: The product, and the stage, that measures frames.
FRAME_METRICS = "frame_metrics"
#: Of the way from chunks to the table of a video, without what metrics count for themselves. Raised where equal
#: frames and metrics give another table: then every video is measured again.
FRAMES_VERSION = 2

# A plan has a camera; that of a plan without poses means nothing.
_ANY_FIELD_OF_VIEW = 60.0
#: Seconds within which two times are those of one frame.
SAME_TIME_S = 1e-6


@dataclass(frozen=True, slots=True)
class FrameMetrics:
    """The product.

    Attributes:
        settings: of which only what decides about the numbers counts here.
        registry: what is measured.
    """

    name: ClassVar[str] = FRAME_METRICS

    settings: CurationSettings
    registry: MetricRegistry

    @classmethod
    def default(cls, settings: CurationSettings) -> FrameMetrics:
        """The built-in metrics, as settings say."""
        return cls(settings, MetricRegistry.default(settings))

    def parts(self) -> dict[str, str]:
        """All that decides about the numbers besides the video, by names for people."""
        metrics = {f"the version of metric {name}": str(version) for name, version in self.registry.versions.items()}
        return {
            **metrics,
            "blur.analysis_size": str(self.settings.blur.analysis_size),
            "the version of decoding": str(DECODING_VERSION),
            "the version of tables": str(FRAMES_VERSION),
        }

    def fingerprint(self) -> str:
        """The same as one text."""
        return json.dumps(self.parts(), sort_keys=True)

    def observer(self, task: ChunkTask) -> _Observer:
        """An observer of one chunk."""
        return _Observer(FrameObserver(self.registry), task.video.info.timestamps_s)

    def key(self, sha256: str, stream_index: int, fps: float | None) -> StageKey:
        """What the numbers of a whole video depend on.

        Args:
            sha256: of the video's content.
            stream_index: which of its streams.
            fps: the time base that numbered images were given.
        """
        of_video = {"the video's content": sha256, "the stream": str(stream_index), "frames per second": repr(fps)}
        return StageKey(FRAME_METRICS, {**of_video, **self.parts()})


class _Observer:
    """Gives frames their positions by their times, which depend on no chunk."""

    def __init__(self, observer: FrameObserver, times_s: NDArray[np.float64]) -> None:
        self._observer, self._times_s = observer, times_s

    def observe(self, batch: FrameBatch) -> None:
        positions = np.searchsorted(self._times_s, np.asarray(batch.timestamps_s) - SAME_TIME_S)
        for luma, frame, time_s in zip(batch.luma, positions.tolist(), batch.timestamps_s, strict=True):
            self._observer.observe(luma, frame, time_s)

    def table(self) -> pa.Table:
        return self._observer.table()


def plan_frames(name: str, source: VideoSource, product: FrameMetrics, chunk_frames: int) -> VideoPlan:
    """Probe a video, and cut it into chunks of which nothing but their frames' numbers is wanted.

    Args:
        name: of the video's folder.
        source: where the frames are.
        product: what is measured.
        chunk_frames: about how many frames a chunk gets.

    Raises:
        NeuroposeRayError: the video cannot be opened.
    """
    info = probe(source)
    camera = camera_of(info, CameraSettings(), _ANY_FIELD_OF_VIEW)
    plan = VideoPlan(name, info, camera, plan_chunks(info, chunk_frames), (), ())
    return with_frame_metrics(plan, product)


def with_frame_metrics(plan: VideoPlan, product: FrameMetrics) -> VideoPlan:
    """The plan of a video of which the numbers of the frames are wanted too."""
    keys = _chunk_keys(plan.info, plan.chunks, product)
    return replace(plan, products={**plan.products, product.name: keys})


def _chunk_keys(info: VideoInfo, chunks: Sequence[Chunk], product: FrameMetrics) -> tuple[str, ...]:
    common = (product.name, info.sha256, str(info.stream_index), product.fingerprint())
    return tuple(digest_of(*common, repr(chunk.start_s), repr(chunk.end_s)) for chunk in chunks)
