"""What a caller of the pose model is told when replicas are loaded, busy, slow, dead or gone."""

import asyncio

import pytest
from ray.exceptions import ActorDiedError, RayTaskError, TaskCancelledError, WorkerCrashedError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

from neuropose_ray.errors import (
    EngineError,
    ModelError,
    NeuroposeRayError,
    NotReadyError,
    OverloadedError,
    RequestTimeoutError,
)
from neuropose_ray.schemas.pose_replies import (
    FramePoses,
    FrameTiming,
    ModelDescription,
    PoseReply,
    SkeletonDescription,
)
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.service.http import pose_call
from neuropose_ray.service.http.pose_call import PoseCaller
from neuropose_ray.service.pose import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings

SKELETON = SkeletonDescription.of(BLAZEPOSE_33)
MODEL = ModelDescription(
    model="grey", sha256="1" * 64, filename="grey", runtime="none", device="cpu", skeleton=SKELETON,
    field_of_view_degrees=60, load_s=1, peak_rss_mb=100,
)  # fmt: skip
ONE = FrameRequest((b"x" * 1000,))


def reply(*totals_ms):
    frames = [
        FramePoses(index=index, timestamp_s=None, width=3, height=2, persons=(), error=None,
                   timing_ms=FrameTiming(queue=0, decode=0, infer=0, total=total, call_frames=1))
        for index, total in enumerate(totals_ms)
    ]  # fmt: skip
    return PoseReply(model="grey", sha256="1" * 64, skeleton=SKELETON, frames=tuple(frames))


class Response:
    """What a handle gives: it can be awaited and cancelled."""

    def __init__(self, outcome):
        self._outcome, self.cancelled = outcome, False

    def cancel(self):
        self.cancelled = True

    def __await__(self):
        return self._answer().__await__()

    async def _answer(self):
        seconds, outcome = self._outcome if isinstance(self._outcome, tuple) else (0, self._outcome)
        await asyncio.sleep(seconds)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Method:
    def __init__(self, outcomes):
        self._outcomes, self.responses = list(outcomes), []

    def remote(self, *arguments):
        self.responses.append(Response(self._outcomes.pop(0)))
        return self.responses[-1]


class Handle:
    """Stands for Serve's handle of the pose model, with a script of its answers."""

    def __init__(self, *answers, described=(MODEL,)):
        self.predict, self.describe = Method(answers), Method(described)
        self.by_message, self.options_given = None, None

    def options(self, **options):
        self.options_given = options
        self.by_message = ByMessage(self.predict)
        return self.by_message


class ByMessage:
    """The same handle with other options; it counts how often it was asked."""

    def __init__(self, predict):
        self._predict, self.asked = predict, 0

    @property
    def predict(self):
        self.asked += 1
        return self._predict


def caller(handle, **settings):
    return PoseCaller(handle, PoseReplicaSettings(**settings))


def ask(handle, request=ONE, **settings):
    return asyncio.run(caller(handle, **settings).predict(request))


def test_the_answer_has_the_times_of_the_whole_request():
    answer = ask(Handle(reply(0.25, 0.5)))
    assert [frame.index for frame in answer.frames] == [0, 1]
    assert 0 <= answer.timing_ms.queue <= answer.timing_ms.total
    slow = ask(Handle(reply(10_000_000)))
    assert slow.timing_ms.queue == 0  # clocks of two processes


def test_what_is_loaded_is_asked_once():
    async def twice(known):
        return await known.model(), await known.model()

    handle = Handle()
    assert asyncio.run(twice(caller(handle))) == (MODEL, MODEL)
    assert len(handle.describe.responses) == 1


def test_many_who_wait_for_the_model_ask_once():
    async def many(known):
        return await asyncio.gather(*(known.model() for _ in range(20)))

    handle = Handle()
    assert asyncio.run(many(caller(handle))) == [MODEL] * 20
    assert len(handle.describe.responses) == 1


def test_who_asks_while_the_model_is_loaded_is_told_to_come_again_and_is_answered_later(monkeypatch):
    monkeypatch.setattr(pose_call, "_DESCRIBE_S", 0.02)

    async def impatient(known):
        with pytest.raises(NotReadyError, match="still being loaded"):
            await known.model()
        await asyncio.sleep(0.1)
        assert await known.model() == MODEL

    handle = Handle(described=[(0.06, MODEL)])
    asyncio.run(impatient(caller(handle)))
    assert len(handle.describe.responses) == 1


def test_a_model_that_could_not_be_asked_is_asked_again():
    async def again(known):
        with pytest.raises(NotReadyError):
            await known.model()
        return await known.model()

    assert asyncio.run(again(caller(Handle(described=[ActorDiedError(), MODEL])))) == MODEL


def test_pictures_are_sent_only_when_the_model_is_there():
    handle = Handle(reply(1.0), described=[DeploymentUnavailableError("PoseModel")])
    with pytest.raises(NotReadyError):
        ask(handle)
    assert handle.predict.responses == []


@pytest.mark.parametrize("error", [ActorDiedError(), TaskCancelledError()], ids=lambda error: type(error).__name__)
def test_another_replica_is_asked_where_one_died_and_no_third(error):
    assert ask(Handle(error, reply(1.0))).frames
    handle = Handle(error, error, reply(1.0))
    with pytest.raises(NotReadyError, match="died"):
        ask(handle)
    assert len(handle.predict.responses) == 2


def test_too_many_requests_are_told_when_to_come_again():
    with pytest.raises(OverloadedError) as raised:
        ask(Handle(BackPressureError(1, 1), reply(1.0)), retry_after_s=7.5)
    assert raised.value.retry_after_s == 7.5


def test_a_deployment_that_is_gone_is_not_ready():
    with pytest.raises(NotReadyError, match="still being loaded"):
        ask(Handle(DeploymentUnavailableError("PoseModel")))


def test_other_faults_of_ray_are_errors_of_the_engine_and_those_of_the_model_their_own():
    with pytest.raises(EngineError):
        ask(Handle(WorkerCrashedError()))
    own = RayTaskError("predict", "trace", ModelError("it is too grey")).as_instanceof_cause()
    with pytest.raises(NeuroposeRayError, match="too grey"):
        ask(Handle(own))


def test_an_answer_that_takes_too_long_is_given_up_and_the_replica_is_told():
    handle = Handle((30, reply(1.0)))
    with pytest.raises(RequestTimeoutError, match=r"0\.05 s"):
        ask(handle, request_timeout_s=0.05)
    assert [response.cancelled for response in handle.predict.responses] == [True]


def test_a_client_that_goes_away_cancels_its_request():
    async def gone(known):
        asking = asyncio.create_task(known.predict(ONE))
        await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    handle = Handle((30, reply(1.0)))
    asyncio.run(gone(caller(handle)))
    assert [response.cancelled for response in handle.predict.responses] == [True]


@pytest.mark.parametrize(
    ("pictures", "by_message"),
    [
        ((b"x" * (2 << 20),), True), ((b"x" * ((2 << 20) + 1),), False), ((b"x" * (1 << 20),) * 2, True),
        ((b"x" * (1 << 20),) * 3, False), ((b"x",) * 16, True), ((b"x",) * 17, False),
    ],
)  # fmt: skip
def test_a_few_small_pictures_go_by_message_and_others_by_the_object_store(pictures, by_message):
    handle = Handle(reply(1.0))
    known = caller(handle)
    asyncio.run(known.predict(FrameRequest(pictures)))
    assert handle.options_given["_by_reference"] is False
    assert bool(handle.by_message.asked) == by_message
