"""One stream: what it holds in memory where its parts are slow."""

import asyncio
import json
import threading
import time
from pathlib import Path

import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.errors import RuleError, SourceError
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.service.live.attachments import Attachment, ViewKey
from neuropose_ray.service.live.figures import StreamFigures
from neuropose_ray.service.live.rule_runs import RuleRun
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
        raise SourceError("no video is kept")

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


class SlowRules(RuleRun):
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
    source, rules, live = ManyFrames(), SlowRules(), LiveSettings()

    async def run() -> int:
        identity = StreamIdentity("key", "rtsp://camera", "life")
        stream = LiveStream(
            identity, source, SourceOptions(buffer="wait"), QuickPoses(), live,
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
    assert asyncio.run(run()) <= 2 * live.frames_in_flight + 2


def test_rules_that_cannot_be_run_end_no_stream():
    source = ManyFrames()

    def factory(attachment: Attachment, _model: LiveModel) -> RuleRun:
        if attachment.pipeline == "bad":
            raise RuleError("the skeleton has no tail")
        return SlowRules()

    async def run() -> tuple[list[str], bool]:
        stream = LiveStream(
            StreamIdentity("key", "rtsp://camera", "life"), source, SourceOptions(buffer="wait"), QuickPoses(),
            LiveSettings(), tracking=TrackingSettings(), rules=factory, decide=no_decision, figures=StreamFigures(),
        )  # fmt: skip
        for token, pipeline in (("bad", "bad"), ("good", "{}"), ("none", None)):
            view = ViewKey(crop=None if token == "none" else (0, 0, 8, 8))
            stream.attach(token, Attachment(token, view, ("poses2d",), subscription_id=token, pipeline=pipeline))
        running = asyncio.create_task(stream.run())
        told: list[str] = []
        while "stream.model" not in told:
            told += [json.loads(message.bodies[""])["event"] for message in await stream.fanout.take("bad")
                     if message.kind == "event" and (message.tokens is None or "bad" in message.tokens)]  # fmt: skip
        while not any(message.kind == "pose" for message in await stream.fanout.take("none")):
            pass
        lives = not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told, lives

    told, lives = asyncio.run(asyncio.wait_for(run(), 30))
    assert lives
    assert told.count("rules.failed") == 1
