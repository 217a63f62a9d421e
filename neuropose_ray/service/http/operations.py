"""The state of the service, for probes and for people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from neuropose_ray import __version__
from neuropose_ray.errors import NotReadyError
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.jobs import Action, JobsStatus, Mode
from neuropose_ray.schemas.service_status import GpuMemory, PoseRequests
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.gpus import GpuWatch
from neuropose_ray.service.http.bodies import described_json, read_settings
from neuropose_ray.service.http.errors import problem_answer, problems
from neuropose_ray.service.http.job_routes import Administrator, Reader
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.pose_counts import PoseCounts
from neuropose_ray.service.jobs.mode import read_mode
from neuropose_ray.service.names import JOB_MANAGER, POSE_MODEL, STARTUP_MESSAGES

#: For the manager to say what it waits for; a probe is not to hang with it.
_PROBE_PATIENCE_S = 2.0
Replicas = dict[str, dict[str, int]]
#: Of what anybody on this machine, or where there are tokens anybody at all, may ask.
_ELSEWHERE: dict[int | str, dict[str, Any]] = {403: problem_answer("without tokens only this machine is answered")}


class Health(FrozenModel):
    """Answer that the process lives, and whether it takes and starts jobs."""

    status: Literal["ok"] = "ok"
    version: str = __version__
    mode: Mode = Field(description="paused: jobs are taken, and wait; draining and ending: none are taken")


class Readiness(FrozenModel):
    """Whether requests and jobs are worked at."""

    ready: bool
    waits_for: tuple[str, ...] = Field(examples=[["the pose model is being loaded"]])


class ServiceStatus(FrozenModel):
    """The whole service in numbers."""

    version: str = __version__
    ready: bool
    waits_for: tuple[str, ...]
    models: tuple[str, ...] = Field(
        description="pose models that jobs and requests may name; the first is the usual one",
        examples=[["blazepose"]],
    )
    replicas: Replicas = Field(
        description="of each deployment, how many in each state", examples=[{"PoseModel": {"RUNNING": 1}}]
    )
    jobs: JobsStatus
    pose: PoseRequests
    gpus: tuple[GpuMemory, ...] = Field(description="of the machine that answers")


class Control(FrozenModel):
    """What to do with the queue."""

    action: Action = Field(
        description="pause: start no job; resume: go on; drain: finish what runs and waits, take nothing new"
    )
    end: bool = Field(
        default=False,
        description="of drain: leave what waits to the next service, and end this one when nothing runs any more",
    )


class Deployments:
    """The states of the deployments' replicas, as Serve's controller has them.

    A replica runs when its constructor has ended: the pose model is loaded and warm then, however busy it may be.

    Args:
        look: the states by deployment.
        keep_s: for which an answer counts, so that probes do not keep the controller busy.
    """

    def __init__(self, look: Callable[[], Awaitable[Replicas]], keep_s: float = 1.0) -> None:
        self._look, self._keep_s = look, keep_s
        self._seen: tuple[float, Replicas] | None = None

    async def replicas(self) -> Replicas:
        """Replicas by deployment and state."""
        if self._seen is None or time.monotonic() - self._seen[0] > self._keep_s:
            self._seen = time.monotonic(), await self._look()
        return self._seen[1]


async def replicas_of_this_application() -> Replicas:
    """Ask Serve's controller for the states of deployments."""
    from ray import serve

    name = serve.get_replica_context().app_name
    application = (await asyncio.to_thread(serve.status)).applications[name]
    return {
        deployment_name: {
            str(getattr(state, "value", state)): count for state, count in deployment.replica_states.items()
        }
        for deployment_name, deployment in application.deployments.items()
    }


async def waits_for(deployments: Deployments, jobs: Jobs) -> tuple[str, ...]:
    """What the service still waits for, a line each; nothing when it is ready."""
    replicas = await deployments.replicas()
    waits = [
        STARTUP_MESSAGES[name] for name in (POSE_MODEL, JOB_MANAGER) if not replicas.get(name, {}).get("RUNNING")
    ]
    if STARTUP_MESSAGES[JOB_MANAGER] not in waits:
        try:
            waits += await jobs.waits_for(_PROBE_PATIENCE_S)
        except NotReadyError:
            waits.append(STARTUP_MESSAGES[JOB_MANAGER])
    return tuple(waits)


def operation_router(
    jobs: Jobs,
    deployments: Deployments,
    models: tuple[str, ...],
    data: DataFolder,
    pose_counts: PoseCounts,
    gpus: GpuWatch,
) -> APIRouter:
    """``/v1/health``, ``/v1/ready``, ``/v1/status`` and ``/v1/control``.

    Args:
        jobs: the job manager.
        deployments: the states of the replicas.
        models: that jobs and requests may name.
        data: has the mode of the queue.
        pose_counts: of requests for poses.
        gpus: their memory.
    """
    router = APIRouter(prefix="/v1", tags=["operations"])

    @router.get("/health", summary="Whether the process lives", responses=_ELSEWHERE)
    async def get_health() -> Health:
        return Health(mode=await asyncio.to_thread(read_mode, data))

    @router.get(
        "/ready",
        summary="Whether requests and jobs are worked at",
        responses={**_ELSEWHERE, 503: {"model": Readiness, "description": "not yet; what it waits for"}},
    )
    async def get_readiness(response: Response) -> Readiness:
        waits = await waits_for(deployments, jobs)
        response.status_code = 503 if waits else 200
        return Readiness(ready=not waits, waits_for=waits)

    @router.get("/status", summary="The whole service in numbers", responses=problems())
    async def get_status(caller: Reader) -> ServiceStatus:
        numbers = await VisibleJobs(jobs, caller).status()
        waits = await waits_for(deployments, jobs)
        return ServiceStatus(
            ready=not waits,
            waits_for=waits,
            replicas=await deployments.replicas(),
            jobs=numbers,
            models=models,
            pose=pose_counts.now(),
            gpus=await asyncio.to_thread(gpus.now),
        )

    @router.post(
        "/control",
        summary="Pause, resume or drain the queue",
        openapi_extra=described_json(Control),
        responses=problems(s408="the body comes too slowly", s413="more than these settings take"),
    )
    async def control_queue(_caller: Administrator, request: Request) -> JobsStatus:
        order = await read_settings(request, Control)
        return await jobs.control(order.action, end=order.end)

    return router
