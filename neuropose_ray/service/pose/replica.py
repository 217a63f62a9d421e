"""A replica of the pose model: one process with the model loaded once, for requests and for jobs."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from neuropose_ray.errors import NeuroposeRayError, StalledError
from neuropose_ray.models import PoseModel, PoseModelSpec
from neuropose_ray.pipeline import WORKER_METRICS, MeteredSpec, RayMeter, peak_rss_mb
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.pose_replies import (
    FrameError,
    FramePoses,
    FrameTiming,
    ModelDescription,
    PoseReply,
    SkeletonDescription,
    persons_of,
)
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.pose.chunks import ChunkExecutor, LoadedSpec, chunks_at_once
from neuropose_ray.service.pose.hang_watch import HangWatch, hang_limit_s
from neuropose_ray.service.pose.inference import FrameStream, Inference, Prediction
from neuropose_ray.service.pose.live_sessions import (
    LiveFrameRequest,
    LiveModel,
    LivePrediction,
    LiveSessions,
)
from neuropose_ray.service.pose.pictures import DecodedPicture, PictureDecoder
from neuropose_ray.service.pose.priority_lock import PriorityModelLock
from neuropose_ray.service.pose.requests import ChunkCall, FrameRequest
from neuropose_ray.service.settings import Settings

# Pictures of one request that are decoded before the model wants them.
_AHEAD = 3
# A JPEG of 1080p takes less than half of what BlazePose takes for it, so that two threads are always ahead.
_DECODERS = 2
_WARM_UP_SIDES = ((480, 640), (64, 64))


class PoseReplica:
    """A pose model that answers requests as they come, and does chunks of jobs in between.

    Args:
        settings: of the service and of its engine.
        spec: the model.
        logs: of this process; None where somebody else writes them.

    Raises:
        ModelError: it cannot be loaded.
    """

    def __init__(self, settings: Settings, spec: PoseModelSpec, logs: LogFiles | None = None) -> None:
        import cv2

        if logs is not None:
            logs.start()

        # Every core has a replica of its own; OpenCV's threads would only fight with them.
        cv2.setNumThreads(1)
        begin_s = time.perf_counter()
        pose, engine = settings.service.pose, settings.engine
        meter = RayMeter("service", WORKER_METRICS)
        self._model = MeteredSpec(spec, meter).load()
        _warm_up(self._model, spec)
        self._load_s = time.perf_counter() - begin_s
        self._spec, self._stall_limit_s = spec, engine.stall_limit_s
        self._model_lock = PriorityModelLock()
        self._decoder = PictureDecoder(_DECODERS, pose.frame_pixels)
        self._inference = Inference(
            self._model, self._model_lock.requests, call_frames=pose.batch_frames, wait_s=pose.batch_wait_s
        )
        HangWatch(self._model_lock, hang_limit_s(pose.request_timeout_s)).start()
        self._live = LiveSessions(self._model, self._inference)
        chunks = chunks_at_once(engine, spec)
        self._chunk_threads = ThreadPoolExecutor(chunks, thread_name_prefix="chunk")
        self._executor = ChunkExecutor(
            LoadedSpec(spec, self._model), self._model_lock.chunks,
            at_once=chunks, stall_limit_s=engine.stall_limit_s, meter=meter,
        )  # fmt: skip

    async def predict(self, request: FrameRequest) -> PoseReply:
        """The people in some pictures; one that cannot be used has an error in its place.

        Cancelled, it gives up what the model has not seen yet.
        """
        pipeline = _RequestPipeline(self._model, request, ahead=_AHEAD + self._inference.call_frames)
        async with asyncio.TaskGroup() as group:
            frames = [group.create_task(self._frame(pipeline, index)) for index in range(len(request.pictures))]
        info = self._model.info
        return PoseReply(
            model=info.name,
            sha256=info.sha256,
            skeleton=SkeletonDescription.of(info.skeleton),
            frames=tuple(frame.result() for frame in frames),
        )

    async def _frame(self, pipeline: _RequestPipeline, index: int) -> FramePoses:
        clock = _Clock()
        size: tuple[int, ...] = ()
        try:
            if index in pipeline.request.faults:
                raise pipeline.request.faults[index]
            async with (
                pipeline.slots,
                self._decoder.decoded(pipeline.request.pictures[index], pipeline.request.name_of(index)) as picture,
            ):
                clock.decode_s, size = picture.decode_s, picture.image.shape[:2]
                prediction = await self._predict(pipeline, index, picture)
            return pipeline.result(index, size, clock, prediction)
        except NeuroposeRayError as error:
            return pipeline.result(index, size, clock, error)
        finally:
            pipeline.passed(index)

    async def _predict(self, pipeline: _RequestPipeline, index: int, picture: DecodedPicture) -> Prediction:
        """Let the model see a picture after those before it."""
        await pipeline.turn_of(index)
        height, width = picture.image.shape[:2]
        degrees = pipeline.request.field_of_view_degrees
        camera = (
            Camera.from_field_of_view(width, height, self._spec.field_of_view_degrees, source="assumed")
            if degrees is None
            else Camera.from_field_of_view(width, height, degrees)
        )
        pending = self._inference.submit(picture.image, camera, pipeline.stream())
        pipeline.passed(index)
        return await asyncio.wrap_future(pending)

    async def look(self, request: LiveFrameRequest) -> LivePrediction | None:
        """The people in a frame of a live stream; see :meth:`.live_sessions.LiveSessions.look`."""
        return await self._live.look(request)

    async def live_model(self) -> LiveModel:
        """What live streams need to know of the model."""
        return LiveModel(self._model.info, self._spec.field_of_view_degrees)

    async def process_chunk(self, call: ChunkCall) -> str:
        """Do a chunk of a job; its outcome as JSON. Cancelled, it is given up after the next batch of frames.

        Raises:
            ModelError: the job was planned for another model.
            OutputError: the results cannot be written.
        """
        stop = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            outcome = await loop.run_in_executor(self._chunk_threads, self._executor.do, call, stop)
        except asyncio.CancelledError:
            stop.set()
            raise
        return outcome.model_dump_json()

    async def describe(self) -> ModelDescription:
        """The model's identity, as provenance records it."""
        info = self._model.info
        return ModelDescription(
            model=info.name,
            sha256=info.sha256,
            filename=info.filename,
            runtime=info.runtime,
            device=info.device,
            skeleton=SkeletonDescription.of(info.skeleton),
            field_of_view_degrees=self._spec.field_of_view_degrees,
            load_s=self._load_s,
            peak_rss_mb=peak_rss_mb(),
        )

    def check_health(self) -> None:
        """Let Serve replace this replica where the model does not come back from a call.

        Raises:
            StalledError: it has been in one call for longer than the limit.
        """
        if self._model_lock.held_s > self._stall_limit_s:
            raise StalledError(
                f"the pose model has not returned for {self._stall_limit_s:g} s", where=self._spec.name
            )


@dataclass(slots=True)
class _Clock:
    """When a picture came, and what was done with it since."""

    began_s: float = field(default_factory=time.perf_counter)
    decode_s: float = 0.0

    def timing(self, prediction: Prediction | None) -> FrameTiming:
        total_s = time.perf_counter() - self.began_s
        infer_s = 0.0 if prediction is None else prediction.infer_s
        parts = (total_s - self.decode_s - infer_s, self.decode_s, infer_s, total_s)
        queue, decode, infer, total = (round(1000 * max(0.0, part), 3) for part in parts)
        calls = 0 if prediction is None else prediction.call_frames
        return FrameTiming(queue=queue, decode=decode, infer=infer, total=total, call_frames=calls)


class _RequestPipeline:
    """The pictures of one request on their way: some are decoded at once, and they come to the model in order."""

    def __init__(self, model: PoseModel, request: FrameRequest, ahead: int) -> None:
        self.request = request
        self.slots = asyncio.Semaphore(ahead)
        self._model, self._shared = model, FrameStream(model)
        self._all_before = [asyncio.Event() for _ in range(len(request.pictures) + 1)]
        self._all_before[0].set()
        self._passed: set[int] = set()
        self._first_left = 0

    def stream(self) -> FrameStream:
        """The stretch that a picture belongs to."""
        return self._shared if self.request.consecutive else FrameStream(self._model)

    async def turn_of(self, index: int) -> None:
        """Wait until all pictures before are on their way to the model, or have failed."""
        await self._all_before[index].wait()

    def passed(self, index: int) -> None:
        """A picture is on its way, or has failed."""
        self._passed.add(index)
        while self._first_left in self._passed:
            self._first_left += 1
            self._all_before[self._first_left].set()

    def result(
        self, index: int, size: tuple[int, ...], clock: _Clock, outcome: Prediction | NeuroposeRayError
    ) -> FramePoses:
        """What is said of a picture."""
        height, width = size or (None, None)
        prediction, error = (outcome, None) if isinstance(outcome, Prediction) else (None, outcome)
        return FramePoses(
            index=index,
            timestamp_s=self._timestamp_s(index),
            width=width,
            height=height,
            persons=() if prediction is None else persons_of(prediction.poses),
            error=None if error is None else FrameError(code=error.code, message=str(error)),
            timing_ms=clock.timing(prediction),
        )

    def _timestamp_s(self, index: int) -> float | None:
        times = self.request.timestamps_s
        return None if times is None else times[index]


def _warm_up(model: PoseModel, spec: PoseModelSpec) -> None:
    """Pay for what first calls cost before anybody waits."""
    for height, width in _WARM_UP_SIDES:
        camera = Camera.from_field_of_view(width, height, spec.field_of_view_degrees, source="assumed")
        model.session(camera).predict([np.zeros((height, width, 3), np.uint8)])
