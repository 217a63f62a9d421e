"""The pose model behind HTTP, without the rest of the service."""

from pathlib import Path
from typing import Any

from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.service.http.listener import Listener
from neuropose_ray.service.names import ONE_LOOP
from neuropose_ray.service.settings import Settings

APPLICATION = "pose-only"


def pose_service(settings: Settings, spec: PoseModelSpec, listener: Listener | None = None) -> Any:
    """An application of two deployments: an ingress with the routes of pictures, and the pose model."""
    from ray import serve

    from neuropose_ray.service.names import POSE_MODEL
    from neuropose_ray.service.pose.deployment import pose_deployment

    def build() -> Any:
        from fastapi import FastAPI

        from neuropose_ray.service.http import errors
        from neuropose_ray.service.http.auth import AuthMiddleware
        from neuropose_ray.service.http.named_pictures import NamedPictures
        from neuropose_ray.service.http.pose_counts import PoseCounts
        from neuropose_ray.service.http.pose_routes import pose_router
        from neuropose_ray.service.http.rates import RateLimit
        from neuropose_ray.service.inputs import Inputs
        from neuropose_ray.service.tokens import TokenStore

        app = FastAPI(lifespan=None if listener is None else listener.lifespan)
        app.add_middleware(AuthMiddleware, tokens=TokenStore((), Path("nowhere")), rate=RateLimit(1e6, 10**6))
        errors.install(app)
        handle = serve.get_deployment_handle(POSE_MODEL, APPLICATION)
        limits = settings.service.pose
        named = NamedPictures(Inputs(settings.service.uploads), limits)
        app.include_router(pose_router({"usual": handle}, limits, named, PoseCounts()))
        return app

    @serve.deployment(name="Ingress", ray_actor_options={"num_cpus": 0, **ONE_LOOP}, max_ongoing_requests=1000)
    @serve.ingress(build)
    class Ingress:
        def __init__(self, pose: Any) -> None:
            """Serve makes the pose model first."""

    return Ingress.bind(pose_deployment(settings, spec))
