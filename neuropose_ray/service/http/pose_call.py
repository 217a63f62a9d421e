"""The way from a request over HTTP to a replica of the pose model, and what may go wrong on it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from neuropose_ray.cluster import SEE_LOG, cause_of
from neuropose_ray.errors import NotReadyError, OverloadedError, RequestTimeoutError
from neuropose_ray.schemas.pose_replies import ModelDescription, PoseReply, RequestTiming
from neuropose_ray.service.pose import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings

# A replica that is there answers what it is in milliseconds; a request need not wait longer to be told to come again.
_DESCRIBE_S = 1.0
# To see the same pictures again does no harm, and it is rarely they that a replica died of.
_TRIES = 2
# A few pictures go from process to process in one message, which takes half as long as by the object store. Such a
# message may have 4 MB, and so may its answer: some 100 kB a picture in a crowd.
_MESSAGE_BYTES, _MESSAGE_PICTURES = 2 << 20, 16


class PoseCaller:
    """Asks the deployment with the pose model.

    Args:
        pose: its handle.
        settings: limits.
    """

    def __init__(self, pose: Any, settings: PoseReplicaSettings) -> None:
        self._pose, self._settings = pose, settings
        self._pose_by_message = pose.options(
            _by_reference=False, request_serialization="pickle", response_serialization="pickle"
        )
        self._model: ModelDescription | None = None
        self._asking: asyncio.Task[ModelDescription] | None = None

    async def model(self) -> ModelDescription:
        """What is loaded; known from the first answer of a replica on.

        Raises:
            NotReadyError: no replica has loaded it yet.
        """
        if self._model is None:
            asking = self._asking
            # One that asks is enough, however many wait for it and go away; its answer may come while nobody waits.
            if asking is None or (asking.done() and _has_failed(asking)):
                asking = self._asking = asyncio.create_task(self._describe())
            done, _ = await asyncio.wait({asking}, timeout=_DESCRIBE_S)
            if not done or _has_failed(asking):
                raise _not_ready()
            self._model = asking.result()
        return self._model

    async def predict(self, request: FrameRequest) -> PoseReply:
        """The people in some pictures.

        Raises:
            NotReadyError: no replica is ready, or those that tried died.
            OverloadedError: too many requests wait already.
            RequestTimeoutError: it took too long.
        """
        await self.model()
        begin_s = time.perf_counter()
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                reply = await self._predict(request)
        except TimeoutError:
            limit_s = self._settings.request_timeout_s
            raise RequestTimeoutError(f"no result after {limit_s:g} s", hint="send fewer pictures") from None
        total_ms = 1000 * (time.perf_counter() - begin_s)
        in_replica_ms = max((frame.timing_ms.total for frame in reply.frames), default=0.0)
        timing = RequestTiming(queue=round(max(0.0, total_ms - in_replica_ms), 3), total=round(total_ms, 3))
        return reply.model_copy(update={"timing_ms": timing})

    async def _predict(self, request: FrameRequest) -> PoseReply:
        from ray.exceptions import RayActorError, RayError, TaskCancelledError
        from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, ReplicaUnavailableError

        small = len(request.pictures) <= _MESSAGE_PICTURES and sum(map(len, request.pictures)) <= _MESSAGE_BYTES
        pose = self._pose_by_message if small else self._pose
        for _ in range(_TRIES):
            response = pose.predict.remote(request)
            try:
                reply: PoseReply = await response
            except asyncio.CancelledError:
                response.cancel()  # too late, or the client went away: the replica drops what it has not seen yet
                raise
            except BackPressureError as error:
                overloaded = OverloadedError("too many requests wait for the pose model", hint="try again later")
                overloaded.retry_after_s = self._settings.retry_after_s
                raise overloaded from error
            except (RayActorError, ReplicaUnavailableError, TaskCancelledError):
                continue
            except DeploymentUnavailableError as error:
                raise _not_ready() from error
            except RayError as error:
                raise cause_of(error, SEE_LOG) from error
            return reply
        raise NotReadyError("the replicas that had the request died", hint="try again; check the pictures")

    async def _describe(self) -> ModelDescription:
        model: ModelDescription = await self._pose.describe.remote()
        return model


def _has_failed(ended: asyncio.Task[ModelDescription]) -> bool:
    return ended.cancelled() or ended.exception() is not None


def _not_ready() -> NotReadyError:
    return NotReadyError("the pose model is still being loaded", hint="try again later; /v1/ready says when")
