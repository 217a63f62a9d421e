"""What a run on Ray tells Prometheus: what every worker has done, and what is left to do.

Ray collects the values from all processes of a node and shows them at the node's metrics port; counters get the
suffix ``_total`` there, all names the prefix ``ray_``. Nothing of this is used, or imported, by the local engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from neuropose_ray.errors import DecodeError
from neuropose_ray.models import DelegatingSpec, ModelInfo, PoseModel, PoseSession
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.frames import FrameBatch, FrameSource, Stage
from neuropose_ray.pipeline.planning.plan import ChunkTask
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.metric import Metric
from neuropose_ray.schemas.poses import Frame, Poses

FRAMES_DECODED = Metric("neuropose_frames_decoded", "counter", "Frames handed to pose models.")
FRAMES_INFERRED = Metric("neuropose_frames_inferred", "counter", "Frames in which pose models looked for people.")
PERSONS = Metric("neuropose_persons", "counter", "People found, one for each frame that shows them.")
DECODE_SECONDS = Metric("neuropose_decode_seconds", "counter", "Seconds that workers waited for decoded frames.")
INFERENCE_SECONDS = Metric("neuropose_inference_seconds", "counter", "Seconds inside pose models.")
BATCH_SLOTS = Metric(
    "neuropose_batch_slots",
    "counter",
    "Frames that the calls of pose models had room for; frames inferred by slots is how full the batches are.",
)
CHUNK_FAILURES = Metric(
    "neuropose_chunk_failures", "counter", "Chunks given up, by stage and type of error.", ("stage", "reason")
)
CHUNKS_LEFT = Metric("neuropose_chunks_left", "gauge", "Chunks that are not done yet.")

WORKER_METRICS = (
    FRAMES_DECODED, FRAMES_INFERRED, PERSONS, DECODE_SECONDS, INFERENCE_SECONDS, BATCH_SLOTS, CHUNK_FAILURES
)  # fmt: skip
DRIVER_METRICS = (CHUNKS_LEFT,)


class RayMeter:
    """Some metrics of one process of a run; they are made once, and told apart from other runs' by a tag.

    Args:
        run: the run's name.
        metrics: those that this process counts.
    """

    def __init__(self, run: str, metrics: Sequence[Metric]) -> None:
        from ray.util.metrics import Counter, Gauge

        kinds = {"counter": Counter, "gauge": Gauge}
        self._run = run
        self._metrics: dict[str, Any] = {
            metric.name: kinds[metric.kind](metric.name, metric.description, ("run", *metric.tags))
            for metric in metrics
        }

    def add(self, metric: Metric, amount: float, **tags: str) -> None:
        """Count; nothing is shown of a counter before its first amount."""
        if amount > 0:
            self._metrics[metric.name].inc(amount, tags={"run": self._run, **tags})

    def set(self, metric: Metric, value: float) -> None:
        """Say how much it is now."""
        self._metrics[metric.name].set(value, tags={"run": self._run})

    def given_up(self, error: ErrorRecord) -> None:
        """Count a chunk without result."""
        self.add(CHUNK_FAILURES, 1, stage=error.stage, reason=error.type)


@dataclass(frozen=True, slots=True)
class MeteredSpec(DelegatingSpec):
    """A pose model that is loaded as it is, and counts what it does."""

    meter: RayMeter

    def load(self) -> PoseModel:
        """Bring the model into memory.

        Raises:
            ModelError: the weights cannot be loaded or run.
        """
        return _MeteredModel(self.spec.load(), self.meter)


class _MeteredModel:
    def __init__(self, model: PoseModel, meter: RayMeter) -> None:
        self._model, self._meter = model, meter

    @property
    def info(self) -> ModelInfo:
        return self._model.info

    @property
    def batch_size(self) -> int:
        return self._model.batch_size

    def session(self, camera: Camera, first_frame: int = 0) -> PoseSession:
        return _MeteredSession(self._model.session(camera, first_frame), self.batch_size, self._meter)


class _MeteredSession:
    def __init__(self, session: PoseSession, batch_size: int, meter: RayMeter) -> None:
        self._session, self._batch_size, self._meter = session, batch_size, meter

    def predict(self, frames: Sequence[Frame]) -> Poses:
        begin = time.perf_counter()
        poses = self._session.predict(frames)
        self._meter.add(INFERENCE_SECONDS, time.perf_counter() - begin)
        self._meter.add(FRAMES_INFERRED, len(frames))
        self._meter.add(BATCH_SLOTS, self._batch_size)
        self._meter.add(PERSONS, len(poses))
        return poses


def metered_frames(source: Callable[[ChunkTask], FrameSource], meter: RayMeter) -> Callable[[ChunkTask], FrameSource]:
    """The same source of a chunk's frames, whose frames are counted."""
    return lambda task: _MeteredFrames(source(task), meter)


class _MeteredFrames:
    def __init__(self, frames: FrameSource, meter: RayMeter) -> None:
        self._frames, self._meter = frames, meter
        self.stage: Stage = frames.stage

    @property
    def errors(self) -> tuple[DecodeError, ...]:
        return self._frames.errors

    def batches(self, size: int, *, lead_in: int = 0) -> Generator[FrameBatch, None, None]:
        with closing(self._frames.batches(size, lead_in=lead_in)) as batches:
            while True:
                begin = time.perf_counter()
                batch = next(batches, None)
                self._meter.add(DECODE_SECONDS, time.perf_counter() - begin)
                if batch is None:
                    return
                self._meter.add(FRAMES_DECODED, len(batch.timestamps_s))
                yield batch
