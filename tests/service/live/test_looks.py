"""Frames of a stream at the pose model, over the deaths of the stream's actor."""

import asyncio
import time
from contextlib import nullcontext

import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.service.live.attachments import ViewKey
from neuropose_ray.service.live.looks import Looks
from neuropose_ray.service.live.stream_parts import StreamIdentity
from neuropose_ray.service.live.view import View
from neuropose_ray.service.pose.inference import Inference
from neuropose_ray.service.pose.live_sessions import LiveModel, LiveSessions
from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.video.live import LiveFrame

IMAGE = np.full((48, 64, 3), 100, np.uint8)


class OnePoses:
    """A replica of the pose model, which outlives the streams."""

    def __init__(self) -> None:
        model = GreySpec().load()
        self.description = LiveModel(model.info, 55.0)
        self._sessions = LiveSessions(model, Inference(model, nullcontext(), call_frames=1, wait_s=0.0))

    async def model(self) -> LiveModel:
        return self.description

    async def look(self, request):
        return await self._sessions.look(request)


def test_a_new_life_of_a_stream_is_looked_at_from_its_first_frame_on_however_long_the_one_before_was():
    async def looked_at(poses: OnePoses, life: str, numbers: range) -> list[int]:
        looks = Looks(StreamIdentity("key", "rtsp://camera", life), poses, None, time.time)
        view = View(ViewKey(), poses.description, TrackingSettings())
        frames = [LiveFrame(IMAGE, time.time(), number / 10, 1, number, 0.0) for number in numbers]
        return [frame.number for frame in frames if await looks.look(view, frame) is not None]

    async def lives() -> None:
        poses = OnePoses()
        assert await looked_at(poses, "1", range(0, 36_000, 1200)) == list(range(0, 36_000, 1200))
        assert await looked_at(poses, "2", range(5)) == [0, 1, 2, 3, 4]
        assert await looked_at(poses, "2", range(3, 7)) == [5, 6]  # within a life, none that is older than the last

    asyncio.run(lives())
