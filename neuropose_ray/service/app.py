"""The service as one Serve application; ``import_path: neuropose_ray.service.app:application``."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import SettingsError
from neuropose_ray.models import ModelSpec, resolve_model
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http import is_loopback
from neuropose_ray.service.jobs.mode import begin_mode
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.names import HEALTH_CHECKS, INGRESS, JOB_MANAGER, LIVE_HUB, ONE_LOOP, PROXY_VARIABLES
from neuropose_ray.service.settings import Settings, load_settings
from neuropose_ray.service.tokens import read_tokens

if TYPE_CHECKING:
    from ray.serve import Application

logger = logging.getLogger("ray.serve")

#: Uploads, downloads and watched jobs at once; each waits most of its time.
_OPEN_REQUESTS = 1000
_NEVER_S = 1e9
#: For running jobs to be handed back to the queue.
_HAND_BACK_S = 60.0
#: What Serve's controller has, and hands to the proxies.
CONTROLLER_OPTIONS = {
    "runtime_env": {
        "env_vars": {
            **PROXY_VARIABLES,
            # A replica that does not answer does not end by itself either, and holds the port or the data folder.
            "RAY_SERVE_FORCE_STOP_UNHEALTHY_REPLICAS": "1",
        }
    }
}


def application(args: dict[str, Any]) -> Application:
    """The application for Serve's configuration files.

    Args:
        args: settings, with the nesting of :class:`~neuropose_ray.service.settings.Settings`.

    Raises:
        SettingsError: a name or value is wrong.
        ModelError: the pose model's weights cannot be had.
        OutputError: the data folder cannot be made.
    """
    settings = load_settings(None, args)
    logger.info("the weights of %s are fetched if they are not on this machine", settings.model)
    return build(settings, resolve_model(settings))


def check_settings(settings: Settings) -> None:
    """Refuse what is wrong before anything is started.

    Raises:
        SettingsError: an address that others reach without a token, a damaged file of tokens, an unknown workflow or
            option in one.
    """
    from neuropose_ray.service.jobs import Workflows

    service = settings.service
    kept = read_tokens(DataFolder(service.data_dir.expanduser()).tokens)
    if not service.tokens and kept is None and not is_loopback(service.host):
        raise SettingsError(
            "others would reach the service without a token",
            where=f"service.host {service.host}",
            hint="make one with `neuropose-ray service token`",
        )
    workflows = Workflows(service.jobs.workflows)
    if service.inbox.enabled:
        workflows.named(service.inbox.workflow)


def build(settings: Settings, spec: ModelSpec, *, listens: bool = False) -> Application:
    """The deployments, bound to each other.

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

    from neuropose_ray.service.http import Ingress, Listener
    from neuropose_ray.service.inbox import Inbox
    from neuropose_ray.service.jobs import JobManager
    from neuropose_ray.service.live import LiveEntrance
    from neuropose_ray.service.pose import pose_deployment

    check_settings(settings)
    service = settings.service.model_copy(update={"data_dir": settings.service.data_dir.expanduser().absolute()})
    settings = settings.model_copy(update={"service": service})
    data = DataFolder(service.data_dir)
    data.create()
    begin_mode(data)
    pose = pose_deployment(settings, spec)
    others = {name: _other_model(settings, name) for name in service.models if name != settings.model}
    manager = serve.deployment(
        JobManager,
        name=JOB_MANAGER,
        num_replicas=1,
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=_OPEN_REQUESTS,
        **HEALTH_CHECKS,
        graceful_shutdown_timeout_s=_HAND_BACK_S,
    ).bind(
        settings,
        spec,
        pose,
        others=others,
        background=partial(Inbox, data, service.inbox) if service.inbox.enabled else None,
        logs=LogFiles.of(service, JOB_MANAGER),
    )
    hub = _live_hub(settings, pose, manager) if service.live.enabled else None
    poses = {settings.model: pose, **{name: handle for name, (_, handle) in others.items()}}
    return serve.deployment(
        serve.ingress()(Ingress),
        name=INGRESS,
        num_replicas=1,
        ray_actor_options={"num_cpus": 0, **ONE_LOOP},
        max_ongoing_requests=_OPEN_REQUESTS,
        **HEALTH_CHECKS,
    ).bind(
        service,
        poses,
        manager,
        Listener(service.host, service.port, service.http) if listens else None,
        None if hub is None else LiveEntrance(settings, pose, hub),
        LogFiles.of(service, INGRESS),
    )


def _live_hub(settings: Settings, pose: Application, manager: Application) -> Application:
    """The hub of live streams, which begins when it is first asked, unless there is work for it; then it stays."""
    from ray import serve
    from ray.serve.config import AutoscalingConfig

    from neuropose_ray.service.live import LiveHub, has_work

    return serve.deployment(
        LiveHub,
        name=LIVE_HUB,
        autoscaling_config=AutoscalingConfig(
            min_replicas=0,
            initial_replicas=int(has_work(settings)),
            max_replicas=1,
            downscale_to_zero_delay_s=_NEVER_S,
        ),
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=_OPEN_REQUESTS,
        **HEALTH_CHECKS,
        graceful_shutdown_timeout_s=_HAND_BACK_S,
    ).bind(settings, pose, manager, logs=LogFiles.of(settings.service, LIVE_HUB))


def _other_model(settings: Settings, name: str) -> tuple[ModelSpec, Application]:
    """A further pose model, and its deployment."""
    from neuropose_ray.service.pose import pose_deployment

    spec = resolve_model(settings.model_copy(update={"model": name}))
    return spec, pose_deployment(settings, spec, name)
