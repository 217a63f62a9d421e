"""The Serve deployment of the pose model: what a replica gets of the machine, and how many there are."""

from __future__ import annotations

from typing import Any

from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline import EngineSettings, allocate, present_cluster
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.names import HEALTH_CHECKS, ONE_LOOP, POSE_MODEL, deployment_name
from neuropose_ray.service.pose.chunks import chunks_at_once
from neuropose_ray.service.pose.replica import PoseReplica
from neuropose_ray.service.settings import Settings

# A batch of a large model on a busy CPU, or a chunk's last batches, may take that long.
_GRACE_S = 30.0


def pose_deployment(settings: Settings, spec: PoseModelSpec, name: str | None = None) -> Any:
    """The application node of a pose model, for other deployments to be bound to.

    All pose models of a service share the machine evenly.

    Args:
        settings: of the service.
        spec: the model.
        name: of a further model; it is loaded when it is asked for, and leaves when nobody does any more. None: the
            model that is always there.

    Raises:
        EngineError: the model's device is a GPU with a number other than 0.
    """
    from ray import serve
    from ray.serve.config import AutoscalingConfig, BackpressureConfig

    pose = settings.service.pose
    share = allocate(present_cluster(), EngineSettings(shape="fused"), spec.threads, spec.device)
    # More than there is room for now are allowed: Serve makes them when nodes have joined.
    most = pose.max_replicas or max(1, share.workers // (1 + len(settings.service.models)))
    least = min(pose.min_replicas, most) if name is None else 0
    deployment = serve.deployment(
        PoseReplica,
        name=POSE_MODEL if name is None else deployment_name(name),
        ray_actor_options={"num_cpus": share.cpus, "num_gpus": share.gpus, **ONE_LOOP},
        max_ongoing_requests=pose.ongoing_requests,
        max_queued_requests=pose.queued_requests,
        backpressure_config=BackpressureConfig(status_code=429, retry_after_s=pose.retry_after_s),
        autoscaling_config=AutoscalingConfig(
            min_replicas=least,
            max_replicas=most,
            # A job keeps one chunk more under way than the replicas have hands for: that asks for one more of them.
            target_ongoing_requests=chunks_at_once(settings.engine, spec),
            upscale_delay_s=10.0,
        ),
        graceful_shutdown_timeout_s=_GRACE_S,
        **HEALTH_CHECKS,
        logging_config={"enable_access_log": False},  # a line for every picture and chunk, which their senders log
    )
    return deployment.bind(settings, spec, LogFiles.of(settings.service, deployment.name))
