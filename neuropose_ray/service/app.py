"""The service as one Serve application; ``import_path: neuropose_ray.service.app:application``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import SettingsError
from neuropose_ray.models.spec import ModelSpec, WeightsOrigin
from neuropose_ray.models.weights import WeightStore
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.auth import is_loopback
from neuropose_ray.service.names import INGRESS, JOB_MANAGER, ONE_LOOP
from neuropose_ray.settings import Settings, load_settings

if TYPE_CHECKING:
    from ray.serve import Application

logger = logging.getLogger("ray.serve")

#: Uploads, downloads and watched jobs at once; each waits most of its time.
_OPEN_REQUESTS = 1000
#: For running jobs to be handed back to the queue.
_HAND_BACK_S = 60.0
#: What lets the proxies keep uploads from piling up in memory; Serve's controller hands it to them.
CONTROLLER_OPTIONS = {
    "runtime_env": {
        "env_vars": {"RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "neuropose_ray.service.http.flow.proxy_middleware"}
    }
}


def application(args: dict[str, Any]) -> Application:
    """The application for Serve's configuration files; ``args`` are nested :class:`~neuropose_ray.settings.Settings`.

    Raises:
        SettingsError: a name or value is wrong.
        ModelError: the pose model's weights cannot be had.
        OutputError: the data folder cannot be made.
    """
    settings = load_settings(None, args)
    return build(settings, resolve_model(settings))


def check_settings(settings: Settings) -> None:
    """Refuse what is wrong before anything is started.

    Raises:
        SettingsError: an address that others reach without a token, an unknown workflow or option in one.
    """
    from neuropose_ray.service.jobs.workflows import Workflows

    service = settings.service
    if not service.tokens and not is_loopback(service.host):
        raise SettingsError(
            "others would reach the service without a token",
            where=f"service.host {service.host}",
            hint="make one with `neuropose-ray service token` and put it below service.tokens",
        )
    workflows = Workflows(service.jobs.workflows)
    if service.inbox.enabled:
        workflows.named(service.inbox.workflow)


def resolve_model(settings: Settings, progress: Callable[[int, int | None], None] | None = None) -> ModelSpec:
    """The pose model that the settings name, its weights fetched if need be, which the log says.

    Raises:
        ModelError: they cannot be had.
        OutputError: their cache cannot be written.
    """
    where = settings.weights
    store = WeightStore(where.cache_dir, mirror=where.mirror, offline=where.offline)
    logger.info("the weights of %s are fetched if they are not on this machine", settings.model)
    weights = store.path(settings.model, **({} if progress is None else {"progress": progress}))
    own = settings.blazepose if weights.backend == "blazepose" else settings.metrabs
    return ModelSpec(weights, own, WeightsOrigin(settings.model, where))


def build(settings: Settings, spec: ModelSpec, *, listens: bool = False) -> Application:
    """The three deployments, bound to each other.

    Args:
        settings: everything that can be set.
        spec: the pose model.
        listens: the ingress listens at the settings' address itself, without Serve's proxy before it: half the time
            that a request takes besides its work. Only where Ray has one node, for that is where the address is.

    Raises:
        SettingsError: as :func:`check_settings`.
        OutputError: the data folder cannot be made.
    """
    from ray import serve

    from neuropose_ray.service.http.ingress import Ingress
    from neuropose_ray.service.http.listener import Listener
    from neuropose_ray.service.inbox.inbox import Inbox
    from neuropose_ray.service.jobs.manager import JobManager
    from neuropose_ray.service.pose.deployment import pose_deployment

    check_settings(settings)
    service = settings.service.model_copy(update={"data_dir": settings.service.data_dir.expanduser().absolute()})
    settings = settings.model_copy(update={"service": service})
    data = DataFolder(service.data_dir)
    data.create()
    pose = pose_deployment(settings, spec)
    manager = serve.deployment(
        JobManager,
        name=JOB_MANAGER,
        num_replicas=1,
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=_OPEN_REQUESTS,
        # One that hangs is replaced within half a minute.
        health_check_period_s=5.0,
        graceful_shutdown_timeout_s=_HAND_BACK_S,
    ).bind(settings, spec, pose, beside=partial(Inbox, data, service.inbox) if service.inbox.enabled else None)
    return serve.deployment(
        serve.ingress()(Ingress),
        name=INGRESS,
        num_replicas=1,
        ray_actor_options={"num_cpus": 0, **ONE_LOOP},
        max_ongoing_requests=_OPEN_REQUESTS,
        health_check_period_s=5.0,
    ).bind(service, pose, manager, Listener(service.host, service.port, _OPEN_REQUESTS) if listens else None)
