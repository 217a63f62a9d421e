"""Pictures of several requests: which the model sees together, in which order, and who pays for a failure."""

import threading

import numpy as np
import pytest
from support.grey_model import BREAKS, FAILS, GreySpec

from neuropose_ray.errors import ModelError
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.service.pose.inference import FrameStream, Inference

CAMERA = Camera.from_field_of_view(32, 24, 60.0)
OTHER = Camera.from_field_of_view(32, 24, 40.0)
PATIENCE_S = 60


def grey(level: int) -> np.ndarray:
    return np.full((24, 32, 3), level, np.uint8)


def inference(spec: GreySpec, call_frames: int = 4, wait_s: float = 0.0) -> tuple[Inference, FrameStream]:
    model = spec.load()
    return Inference(model, threading.Lock(), call_frames=call_frames, wait_s=wait_s), FrameStream(model)


def held(spec: GreySpec, running: Inference, stream: FrameStream) -> threading.Event:
    """The model at work on a first picture, so that what comes now waits until the event is set."""
    spec.log.gate.clear()
    running.submit(grey(1), CAMERA, stream)
    while not spec.log.calls:
        pass
    return spec.log.gate


def test_pictures_that_wait_are_seen_together_up_to_the_limit_in_their_order():
    spec = GreySpec(frames_alone=True)
    running, stream = inference(spec, call_frames=3)
    gate = held(spec, running, stream)
    waiting = [running.submit(grey(level), CAMERA, stream) for level in range(10, 15)]
    gate.set()
    predictions = [future.result(PATIENCE_S) for future in waiting]
    assert [greys for _, greys in spec.log.calls] == [[1], [10, 11, 12], [13, 14]]
    assert [prediction.call_frames for prediction in predictions] == [3, 3, 3, 2, 2]
    assert [float(prediction.poses.poses2d[0, 0, 0]) for prediction in predictions] == [10, 11, 12, 13, 14]


def test_pictures_of_another_camera_wait_for_a_call_of_their_own():
    spec = GreySpec(frames_alone=True)
    running, stream = inference(spec)
    gate = held(spec, running, stream)
    cameras = (CAMERA, OTHER, CAMERA, OTHER)
    waiting = [
        running.submit(grey(10 + index), camera, FrameStream(running._model)) for index, camera in enumerate(cameras)
    ]
    gate.set()
    for future in waiting:
        future.result(PATIENCE_S)
    assert [greys for _, greys in spec.log.calls] == [[1], [10, 12], [11, 13]]


def test_a_model_that_follows_people_sees_pictures_one_by_one():
    spec = GreySpec(frames_alone=False)
    running, stream = inference(spec)
    gate = held(spec, running, stream)
    waiting = [running.submit(grey(level), CAMERA, stream) for level in (10, 11)]
    gate.set()
    followed = [float(future.result(PATIENCE_S).poses.poses3d[0, 0, 2]) for future in waiting]
    assert [greys for _, greys in spec.log.calls] == [[1], [10], [11]]
    assert followed == [1, 2], "the session has seen the pictures before"


def test_people_are_looked_for_anew_where_the_camera_changes():
    spec = GreySpec()
    running, stream = inference(spec)
    for camera in (CAMERA, CAMERA, OTHER):
        running.submit(grey(10), camera, stream).result(PATIENCE_S)
    assert [number for number, _ in spec.log.calls] == [1, 1, 2]


@pytest.mark.parametrize("level", [FAILS, BREAKS])
def test_the_picture_that_the_model_fails_at_is_the_only_one_that_fails(level: int):
    spec = GreySpec(frames_alone=True)
    running, stream = inference(spec)
    gate = held(spec, running, stream)
    waiting = [running.submit(grey(value), CAMERA, stream) for value in (10, level, 12)]
    gate.set()
    assert waiting[0].result(PATIENCE_S).call_frames == 1
    assert waiting[2].result(PATIENCE_S).call_frames == 1
    with pytest.raises(ModelError):
        waiting[1].result(PATIENCE_S)
    assert running.submit(grey(13), CAMERA, stream).result(PATIENCE_S).call_frames == 1, "the thread goes on"


def test_a_session_that_cannot_be_made_fails_its_picture_alone():
    spec = GreySpec(frames_alone=True)
    running, stream = inference(spec)
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        running.submit(grey(10), CAMERA, FrameStream(WithoutSessions())).result(PATIENCE_S)
    assert running.submit(grey(13), CAMERA, stream).result(PATIENCE_S).call_frames == 1, "the thread goes on"


class WithoutSessions:
    """A model whose library fails at something that nobody foresaw."""

    def session(self, camera, first_frame=0):
        raise ZeroDivisionError


def test_a_request_that_went_away_is_not_seen():
    spec = GreySpec(frames_alone=True)
    running, stream = inference(spec)
    gate = held(spec, running, stream)
    gone, waits = (running.submit(grey(level), CAMERA, stream) for level in (10, 11))
    assert gone.cancel()
    gate.set()
    waits.result(PATIENCE_S)
    assert [greys for _, greys in spec.log.calls] == [[1], [11]]


def test_a_model_that_takes_fewer_at_once_gets_fewer():
    running, _ = inference(GreySpec(frames_alone=True, batch_size=2), call_frames=8)
    assert running.call_frames == 2
