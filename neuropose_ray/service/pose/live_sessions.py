"""Frames of live streams at a replica of the pose model: people are followed from each to the next."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from neuropose_ray.models import ModelInfo, PoseModel
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.service.pose.inference import FrameStream, Inference

#: Streams whose people a replica remembers; looked at again, the longest unseen one is searched anew.
SESSIONS = 64


@dataclass(frozen=True, slots=True)
class LiveFrameRequest:
    """A frame of a live stream.

    Attributes:
        image: ``(height, width, 3)`` uint8, RGB, upright.
        stream: names what is looked at; frames of one are consecutive.
        epoch: of the stream: with a new one, people are searched anew.
        number: of the frame; one before the last frame's is not looked at.
        camera: that took it.
        budget_s: for which it may wait for the model; None: for as long as it takes.
    """

    image: Frame
    stream: str
    epoch: int
    number: int
    camera: Camera
    budget_s: float | None


@dataclass(frozen=True, slots=True)
class LivePrediction:
    """The people in a frame of a live stream.

    Attributes:
        poses: rows of frame 0.
        queue_s: seconds for which the frame waited at the replica.
        infer_s: seconds of the model's call.
    """

    poses: Poses
    queue_s: float
    infer_s: float


@dataclass(frozen=True, slots=True)
class LiveModel:
    """The pose model as live streams need to know it.

    Attributes:
        info: its identity and skeleton.
        field_of_view_degrees: that is assumed of cameras of which nothing is known.
    """

    info: ModelInfo
    field_of_view_degrees: float


class LiveSessions:
    """What a replica remembers of live streams.

    Args:
        model: loaded.
        inference: lets it see frames, those of several streams in turn.
        most: streams that are remembered.
    """

    def __init__(self, model: PoseModel, inference: Inference, most: int = SESSIONS) -> None:
        self._model, self._inference, self._most = model, inference, most
        self._streams: OrderedDict[str, _Stream] = OrderedDict()

    def __len__(self) -> int:
        return len(self._streams)

    async def look(self, request: LiveFrameRequest) -> LivePrediction | None:
        """The people in a frame; None where it came after a later one, or waited longer than it may.

        Raises:
            ModelError: the model failed at it.
        """
        stream = self._stream(request)
        if stream is None:
            return None
        begin_s = time.perf_counter()
        pending = self._inference.submit(request.image, request.camera, stream.frames)
        ended = asyncio.wrap_future(pending)
        try:
            await asyncio.wait({ended}, timeout=request.budget_s)
        finally:
            is_late = not ended.done() and pending.cancel()
        if is_late:
            with suppress(asyncio.CancelledError):
                await ended
            return None
        prediction = await ended
        queue_s = max(0.0, time.perf_counter() - begin_s - prediction.infer_s)
        return LivePrediction(prediction.poses, queue_s, prediction.infer_s)

    def _stream(self, request: LiveFrameRequest) -> _Stream | None:
        known = self._streams.get(request.stream)
        position = (request.epoch, request.number)
        if known is not None and position <= known.latest:
            return None
        if known is None or known.latest[0] != request.epoch:
            known = _Stream(FrameStream(self._model), position)
        known.latest = position
        self._streams[request.stream] = known
        self._streams.move_to_end(request.stream)
        while len(self._streams) > self._most:
            self._streams.popitem(last=False)
        return known


@dataclass(slots=True)
class _Stream:
    frames: FrameStream
    latest: tuple[int, int]
