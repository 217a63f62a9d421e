"""The HTTP interface of the service: who is let in, and which routes there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI

from neuropose_ray import __version__
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.gpus import GpuWatch
from neuropose_ray.service.http import errors
from neuropose_ray.service.http.audit import Audit, AuditLog
from neuropose_ray.service.http.auth import AuthMiddleware
from neuropose_ray.service.http.batch_routes import batch_router
from neuropose_ray.service.http.batch_submissions import BatchSubmissions
from neuropose_ray.service.http.bodies import BodyPace
from neuropose_ray.service.http.conformance import AllowedMethods, Conformance
from neuropose_ray.service.http.documentation import UNDESCRIBED, document
from neuropose_ray.service.http.events import event_router
from neuropose_ray.service.http.flow import AppFlowControl
from neuropose_ray.service.http.job_intake import Submissions
from neuropose_ray.service.http.job_routes import job_router
from neuropose_ray.service.http.listener import Lifespan, Listener
from neuropose_ray.service.http.manager_client import Jobs
from neuropose_ray.service.http.named_pictures import NamedPictures
from neuropose_ray.service.http.older_routes import older_router
from neuropose_ray.service.http.operations import Deployments, operation_router, replicas_of_this_application
from neuropose_ray.service.http.pose_counts import PoseCounts
from neuropose_ray.service.http.pose_routes import pose_router
from neuropose_ray.service.http.rates import RateLimit
from neuropose_ray.service.http.request_log import RequestLog
from neuropose_ray.service.http.results import Results, result_router
from neuropose_ray.service.http.waiting import JobEnds
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.live.connection import LiveParts
from neuropose_ray.service.live.stream_routes import stream_router
from neuropose_ray.service.live.websocket import live_socket_router
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.settings import ServiceSettings
from neuropose_ray.service.tokens import TokenStore


class Ingress:
    """The deployment that gets the requests; it knows the others by their handles alone.

    Args:
        settings: of the service.
        poses: handles of the deployments with pose models, by the models' names; the first is the usual one.
        jobs: handle of the job manager.
        listener: where it listens itself; None where only Serve's proxies send it requests.
        live: makes the parts of live streams, in the replica; None where there are none.
        logs: of this process; None where somebody else writes them.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        poses: Mapping[str, Any],
        jobs: Any,
        listener: Listener | None,
        live: Callable[[], LiveParts] | None = None,
        logs: LogFiles | None = None,
    ) -> None:
        if logs is not None:
            logs.start()
        self._settings, self._poses, self._jobs, self._listener = settings, poses, jobs, listener
        self._live = live

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Called by Serve in the replica; an application that is made here need not be pickled."""
        lifespan = None if self._listener is None else self._listener.lifespan
        deployments = Deployments(replicas_of_this_application)
        live = None if self._live is None else self._live()
        return interface(self._settings, self._poses, Jobs(self._jobs), deployments, lifespan, live)


def interface(
    settings: ServiceSettings,
    poses: Mapping[str, Any],
    jobs: Jobs,
    deployments: Deployments,
    lifespan: Lifespan | None = None,
    live: LiveParts | None = None,
) -> FastAPI:
    """The application with all its routes."""
    data = DataFolder(settings.data_dir)
    app = FastAPI(
        lifespan=lifespan,
        title="neuropose-ray",
        version=__version__,
        description="Video of people in, 3D motion out. Errors are JSON with `code`, `message` and `id`; "
        "[what each code means](/docs/errors).",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    errors.install(app)
    named, pose_counts = NamedPictures(Inputs(settings.uploads), settings.pose), PoseCounts()
    app.include_router(pose_router(poses, settings.pose, named, pose_counts))
    submissions, ends = Submissions(jobs, data, settings, tuple(poses)), JobEnds(jobs)
    results = Results(jobs, data)
    app.include_router(job_router(jobs, data, submissions, ends))
    app.include_router(batch_router(jobs, BatchSubmissions(jobs, submissions, settings), ends))
    app.include_router(event_router(jobs))
    app.include_router(result_router(results, data))
    app.include_router(operation_router(jobs, deployments, tuple(poses), data, pose_counts, GpuWatch()))
    if settings.older_routes:
        app.include_router(older_router(jobs, results, submissions, ends))
    if live is not None:
        app.include_router(stream_router(live))
        app.include_router(live_socket_router(live))
    document(app)
    app.add_middleware(Conformance, methods=AllowedMethods(app.openapi, UNDESCRIBED))
    app.add_middleware(BodyPace, limits=settings.http)
    rate = RateLimit(settings.http.requests_per_s, settings.http.burst)
    tokens = TokenStore(settings.tokens, data.tokens)
    app.add_middleware(AuthMiddleware, tokens=tokens, rate=rate, origins=settings.live.origins)
    app.add_middleware(Audit, log=AuditLog(data, settings.audit))
    app.add_middleware(RequestLog)
    app.add_middleware(AppFlowControl)
    return app
