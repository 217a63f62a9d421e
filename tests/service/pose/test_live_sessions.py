"""Frames of live streams at the pose model: in order, remembered by stream and epoch, and never old."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import pytest
from support.grey_model import GreySpec

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.service.pose.inference import Inference
from neuropose_ray.service.pose.live_sessions import LiveFrameRequest, LiveSessions

CAMERA = Camera.from_field_of_view(64, 48, 55.0)


@dataclass
class CountingModel:
    """Counts its sessions, and can be held up in a call."""

    sessions: int = 0
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()
        self._model = GreySpec().load()
        self.info, self.batch_size = self._model.info, 1

    def session(self, camera: Camera, first_frame: int = 0) -> "Session":
        self.sessions += 1
        return Session(self, self._model.session(camera))


@dataclass
class Session:
    model: CountingModel
    inner: object

    def predict(self, frames: Sequence[Frame]) -> Poses:
        self.model.free.wait(10)
        return self.inner.predict(frames)


@pytest.fixture
def model() -> CountingModel:
    return CountingModel()


@pytest.fixture
def sessions(model: CountingModel) -> LiveSessions:
    inference = Inference(model, nullcontext(), call_frames=1, wait_s=0.0)
    return LiveSessions(model, inference, most=2)


def frame(stream: str = "a", epoch: int = 1, number: int = 1, budget_s: float | None = None) -> LiveFrameRequest:
    return LiveFrameRequest(np.full((48, 64, 3), 100, np.uint8), stream, epoch, number, CAMERA, budget_s)


def test_people_are_followed_through_an_epoch_and_searched_anew_in_the_next(model, sessions):
    async def looks() -> None:
        for epoch, number in ((1, 1), (1, 2), (1, 7), (2, 1), (2, 2)):
            assert await sessions.look(frame(epoch=epoch, number=number)) is not None

    asyncio.run(looks())
    assert model.sessions == 2


def test_a_frame_that_comes_after_a_later_one_is_left_out(sessions):
    async def looks() -> list[bool]:
        places = ((1, 5), (1, 4), (1, 5), (2, 1), (1, 9), (2, 2))
        return [await sessions.look(frame(epoch=epoch, number=number)) is not None for epoch, number in places]

    assert asyncio.run(looks()) == [True, False, False, True, False, True]


def test_the_stream_that_was_not_looked_at_for_longest_is_forgotten_first(model, sessions):
    async def looks() -> None:
        for number, stream in enumerate("ababcab"):
            assert await sessions.look(frame(stream, number=number)) is not None
            assert len(sessions) <= 2

    asyncio.run(looks())
    assert model.sessions == 5  # a, b, c, and the two again that were forgotten


def test_a_frame_that_waits_longer_than_it_may_is_left_out_and_one_at_the_model_is_waited_for(model, sessions):
    async def looks() -> tuple[object, object]:
        model.free.clear()
        at_model = asyncio.create_task(sessions.look(frame("a", budget_s=0.05)))
        await asyncio.sleep(0.02)
        waiting = await sessions.look(frame("b", budget_s=0.05))
        model.free.set()
        return await at_model, waiting

    at_model, waiting = asyncio.run(looks())
    assert at_model is not None
    assert waiting is None
