"""A replica of the pose model: pictures in, people out."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.grey_model import BREAKS, FAILS, GreySpec, picture

from neuropose_ray.errors import InputNotFoundError, StalledError
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.pose_replies import PoseReply
from neuropose_ray.service.pose.replica import PoseReplica
from neuropose_ray.service.pose.requests import FrameRequest
from neuropose_ray.service.settings import Settings, load_settings


def settings(**pose: object) -> Settings:
    return load_settings(None, {"service": {"pose": pose}}, environment={})


@pytest.fixture
def replica() -> Callable[..., PoseReplica]:
    """A warm replica; its warm-up is not in the log."""

    def make(spec: GreySpec, **pose: object) -> PoseReplica:
        replica = PoseReplica(settings(**pose), spec)
        spec.log.calls.clear()
        spec.log.sessions = 0
        return replica

    return make


def asked(replica: PoseReplica, *greys: int, **request: object) -> PoseReply:
    return asyncio.run(replica.predict(FrameRequest(tuple(picture(grey) for grey in greys), **request)))


def greys_of(reply: PoseReply) -> list[float | None]:
    return [frame.persons[0].poses2d[0][0] if frame.persons else None for frame in reply.frames]


def test_results_come_in_the_order_of_the_pictures(replica):
    reply = asked(replica(GreySpec()), 10, 20, 30, timestamps_s=(0.0, 0.5, 1.0))
    assert greys_of(reply) == [10, 20, 30]
    assert [(frame.index, frame.timestamp_s, frame.width, frame.height) for frame in reply.frames] == [
        (0, 0.0, 32, 24), (1, 0.5, 32, 24), (2, 1.0, 32, 24)
    ]  # fmt: skip
    assert reply.skeleton.name == "blazepose_33"
    assert len(reply.skeleton.joint_names) == len(reply.frames[0].persons[0].joint_scores) == 33


def test_consecutive_pictures_are_one_session_and_others_one_each(replica):
    spec = GreySpec()
    asked(replica(spec), 10, 20, 30, consecutive=True)
    assert spec.log.calls == [(1, [10]), (1, [20]), (1, [30])]
    spec = GreySpec()
    asked(replica(spec), 10, 20, 30)
    assert sorted(number for number, _ in spec.log.calls) == [1, 2, 3]


def test_a_picture_that_is_broken_leaves_the_others_valid_and_in_order(replica):
    spec = GreySpec()
    pictures = (b"no picture", picture(10), picture(20)[:60], b"", picture(30), picture(40))
    reply = asyncio.run(replica(spec).predict(FrameRequest(pictures, consecutive=True)))
    assert greys_of(reply) == [None, 10, None, None, 30, 40]
    assert [frame.error and frame.error.code for frame in reply.frames] == [
        "video_unreadable", None, "video_unreadable", "video_unreadable", None, None
    ]  # fmt: skip
    assert spec.log.calls == [(1, [10]), (1, [30]), (1, [40])]


@pytest.mark.parametrize("frames_alone", [False, True])
@pytest.mark.parametrize("grey", [FAILS, BREAKS])
def test_a_picture_that_the_model_fails_at_leaves_the_others_valid(replica, frames_alone: bool, grey: int):
    reply = asked(replica(GreySpec(frames_alone)), 10, grey, 30)
    assert greys_of(reply) == [10, None, 30]
    error = reply.frames[1].error
    assert error is not None
    assert error.code == "model"
    assert "KeyError" in error.message or "too grey" in error.message


def test_after_a_failure_people_are_looked_for_anew(replica):
    spec = GreySpec()
    asked(replica(spec), 10, FAILS, 30, consecutive=True)
    assert [number for number, _ in spec.log.calls] == [1, 1, 2]


def test_a_picture_of_another_size_begins_anew(replica):
    spec = GreySpec()
    pictures = (picture(10), picture(20, width=40), picture(30, width=40))
    reply = asyncio.run(replica(spec).predict(FrameRequest(pictures, consecutive=True)))
    assert [number for number, _ in spec.log.calls] == [1, 2, 2]
    assert [frame.width for frame in reply.frames] == [32, 40, 40]


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(replica):
    reply = asyncio.run(
        replica(GreySpec(), frame_pixels=500).predict(FrameRequest((picture(10), picture(9, 20, 20))))
    )
    refused, taken = reply.frames
    assert refused.error is not None
    assert (refused.error.code, refused.timing_ms.decode, refused.width) == ("too_large", 0, None)
    assert len(taken.persons) == 1


def test_frames_of_several_requests_share_a_call_where_the_model_sees_each_for_itself(replica):
    spec = GreySpec(frames_alone=True, batch_size=8)

    async def three_requests() -> list[PoseReply]:
        one, spec.log.gate = replica(spec), spec.log.gate
        spec.log.gate.clear()
        first = asyncio.create_task(one.predict(FrameRequest((picture(1),))))
        while not spec.log.calls:
            await asyncio.sleep(0.001)
        others = [
            asyncio.create_task(one.predict(FrameRequest((picture(grey), picture(grey + 1))))) for grey in (10, 20)
        ]
        others.append(asyncio.create_task(one.predict(FrameRequest((picture(30, width=50),)))))
        await asyncio.sleep(0.1)
        spec.log.gate.set()
        return await asyncio.gather(first, *others)

    replies = asyncio.run(three_requests())
    assert [greys_of(reply) for reply in replies] == [[1], [10, 11], [20, 21], [30]]
    assert sorted(map(sorted, (greys for _, greys in spec.log.calls))) == [[1], [10, 11, 20, 21], [30]]
    assert [frame.timing_ms.call_frames for reply in replies for frame in reply.frames] == [1, 4, 4, 4, 4, 1]


def test_a_call_has_no_more_frames_than_set(replica):
    spec = GreySpec(frames_alone=True, batch_size=8)
    asked(replica(spec, batch_frames=3), *range(10))
    assert max(len(greys) for _, greys in spec.log.calls) <= 3
    assert sum(len(greys) for _, greys in spec.log.calls) == 10


def test_a_short_request_waits_for_one_picture_of_a_long_one_and_not_for_all(replica):
    spec = GreySpec(call_s=0.02)

    async def long_and_short() -> None:
        one = replica(spec)
        long = asyncio.create_task(one.predict(FrameRequest(tuple(picture(grey) for grey in range(40)))))
        await asyncio.sleep(0.1)
        await one.predict(FrameRequest((picture(100),)))
        assert not long.done()
        await long

    asyncio.run(long_and_short())
    greys = [grey for _, (grey,) in spec.log.calls]
    assert greys.index(100) < 20


def test_who_goes_away_is_not_worked_for_any_longer(replica):
    spec = GreySpec(call_s=0.02)

    async def cancelled() -> None:
        one = replica(spec)
        request = asyncio.create_task(one.predict(FrameRequest(tuple(picture(grey) for grey in range(60)))))
        while len(spec.log.calls) < 3:
            await asyncio.sleep(0.001)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert greys_of(await one.predict(FrameRequest((picture(100),)))) == [100]

    asyncio.run(cancelled())
    assert len(spec.log.calls) < 10


def test_times_add_up(replica):
    reply = asked(replica(GreySpec(call_s=0.01)), 10, 20)
    for frame in reply.frames:
        timing = frame.timing_ms
        assert timing.infer >= 10
        assert timing.queue + timing.decode + timing.infer == pytest.approx(timing.total, abs=0.01)


def test_a_model_that_does_not_return_makes_the_replica_unhealthy():
    spec = GreySpec()
    one = PoseReplica(load_settings(None, {"engine": {"stall_limit_s": 0.05}}, environment={}), spec)

    async def hang() -> None:
        spec.log.gate.clear()
        request = asyncio.create_task(one.predict(FrameRequest((picture(1),))))
        one.check_health()
        await asyncio.sleep(0.3)
        with pytest.raises(StalledError, match="not returned"):
            one.check_health()
        spec.log.gate.set()
        await request
        await one.predict(FrameRequest((picture(1),)))
        one.check_health()

    asyncio.run(hang())


def test_pictures_are_turned_upright_and_seen_in_their_colours(weights, test_data: Path):
    """What the real model says of a file is what it says of the pixels."""
    from neuropose_ray.models.spec import ModelSpec

    spec = ModelSpec(weights, settings().blazepose)
    upright = cv2.imread(str(next((test_data / "images").glob("*.jpg"))))
    upright = cv2.resize(upright, (0, 0), fx=320 / max(upright.shape), fy=320 / max(upright.shape))
    turned = cv2.imencode(
        ".jpg", cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE), [cv2.IMWRITE_JPEG_QUALITY, 100]
    )
    # EXIF 2.3, 4.6.4: orientation 6 is turned clockwise for display.
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    content = turned[1].tobytes()
    content = content[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + content[2:]
    reply = asyncio.run(PoseReplica(settings(), spec).predict(FrameRequest((content,), field_of_view_degrees=60.0)))
    (frame,) = reply.frames
    height, width = upright.shape[:2]
    assert (frame.width, frame.height) == (width, height)
    image = cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    poses = spec.load().session(Camera.from_field_of_view(width, height, 60.0)).predict([image])
    assert len(frame.persons) == len(poses) > 0
    for person, pixels, points, scores in zip(
        frame.persons, poses.poses2d, poses.poses3d, poses.joint_scores, strict=True
    ):
        np.testing.assert_allclose(person.poses2d, pixels, atol=0.051)
        np.testing.assert_allclose(person.poses3d_mm, points, atol=0.051)
        np.testing.assert_allclose(person.joint_scores, scores, atol=0.00051)


def test_a_replica_says_what_it_has(replica):
    model = asyncio.run(replica(GreySpec()).describe())
    assert (model.model, model.device, model.field_of_view_degrees) == ("grey", "cpu", 60.0)
    assert model.load_s >= 0


def test_a_picture_that_could_not_be_read_has_the_reason_in_its_place(replica):
    fault = InputNotFoundError("the host answers 404", where="https://host/b.png", hint="check the URL")
    request = FrameRequest((picture(10), b"", picture(20)), consecutive=True, faults={1: fault})
    reply = asyncio.run(replica(GreySpec()).predict(request))
    assert [frame.error is None for frame in reply.frames] == [True, False, True]
    assert (reply.frames[1].error.code, reply.frames[1].error.message) == ("input_not_found", str(fault))
