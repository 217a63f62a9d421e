"""One stream: what it holds in memory where its parts are slow."""

import asyncio
import threading
import time
from pathlib import Path

import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.service.live.attachments import Attachment, ViewKey
from neuropose_ray.service.live.figures import StreamFigures
from neuropose_ray.service.live.settings import LiveSettings
from neuropose_ray.service.live.stream import LiveStream
from neuropose_ray.service.live.stream_parts import StreamIdentity
from neuropose_ray.service.pose import LiveModel, LivePrediction
from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.video.live import LiveFrame, SourceStatus

IMAGE = np.full((24, 32, 3), 10, np.uint8)
FRAMES = 100


class ManyFrames:
    """A source whose next frame is always there, up to the last."""

    def __init__(self) -> None:
        self.taken = 0

    def start(self) -> None:
        """Nothing to connect to."""

    def take(self, timeout_s: float) -> LiveFrame | None:
        if self.taken == FRAMES:
            time.sleep(0.01)
            return None
        self.taken += 1
        return LiveFrame(IMAGE, time.time(), self.taken / 30, 1, self.taken, 0.0)

    def status(self) -> SourceStatus:
        return SourceStatus("active", 30.0, self.taken, self.taken, 0, 1, 0, None, 0.0, 32, 24, False)

    def clip(self, seconds: float, path: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing to end."""


class QuickPoses:
    """A pose model that answers at once."""

    def __init__(self) -> None:
        self._model = GreySpec().load()

    async def model(self) -> LiveModel:
        return LiveModel(self._model.info, 60.0)

    async def look(self, request) -> LivePrediction:
        session = self._model.session(Camera.from_field_of_view(32, 24, 60.0))
        return LivePrediction(session.predict([request.image]), 0.0, 0.001)


class SlowRules:
    """A pipeline that takes no frame before it is let."""

    def __init__(self) -> None:
        self.gate, self.frames = threading.Event(), 0

    def observe(self, viewed, frame, session_id):
        self.gate.wait(60)
        self.frames += 1
        return ()

    def interrupt(self, at: float, reason: str):
        return ()

    finish = interrupt


async def no_decision(decision, engine) -> None:
    raise AssertionError("these rules decide nothing")


def test_slow_rules_let_no_frames_pile_up_and_lose_none_that_was_taken():
    source, rules, settings = ManyFrames(), SlowRules(), LiveSettings()

    async def run() -> int:
        identity = StreamIdentity("key", "rtsp://camera", "life")
        stream = LiveStream(
            identity, source, SourceOptions(buffer="wait"), QuickPoses(), settings,
            tracking=TrackingSettings(), rules=lambda attachment, model: rules, decide=no_decision,
            figures=StreamFigures(),
        )  # fmt: skip
        running = asyncio.create_task(stream.run())
        stream.attach("link", Attachment("token", ViewKey(), ("poses2d",), subscription_id="1", pipeline="{}"))
        taken = -1
        while source.taken != taken or not taken:
            taken = source.taken
            await asyncio.sleep(0.3)
        rules.gate.set()
        while rules.frames < FRAMES:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return taken

    # Looked at and waiting, on the way into the queue, and at the rules.
    assert asyncio.run(run()) <= 2 * settings.frames_in_flight + 2
