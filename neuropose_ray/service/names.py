"""The parts of the service: their names in Serve, in Ray's dashboard and in messages, and how they run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypedDict

APPLICATION, INGRESS, POSE_MODEL, JOB_MANAGER = "neuropose-ray", "Ingress", "PoseModel", "JobManager"
LIVE_HUB = "LiveHub"
#: What is no deployment, in the log: the actor of a live stream, and a step of a job.
STREAM, TASK = "Stream", "Task"
#: What is said while a part is not there yet.
STARTUP_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        INGRESS: "the HTTP interface",
        POSE_MODEL: "the pose model, which is being loaded",
        JOB_MANAGER: "the job manager",
    }
)


#: Of the HTTP interface; and the first that is tried for Ray's dashboard, which is Ray's own default.
HTTP_PORT, DASHBOARD_PORT = 8000, 8265
#: For Serve's configuration files.
IMPORT_PATH = "neuropose_ray.service.app:application"
#: Seconds: uploads of many gigabytes and watched jobs are requests too.
HTTP_REQUEST_TIMEOUT_S = 86400
#: Of Serve's proxies, by way of its controller: what keeps uploads from piling up in their memory.
PROXY_VARIABLES: Mapping[str, str] = MappingProxyType(
    {"RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "neuropose_ray.service.http.flow.proxy_middleware"}
)


def deployment_name(model: str) -> str:
    """The deployment of a further pose model; Serve takes neither slashes nor hashes in a name."""
    return f"{POSE_MODEL}-{re.sub(r'[^A-Za-z0-9._-]+', '_', model)}"


#: Environment variables of clients; the service itself reads neither.
URL_VARIABLE, TOKEN_VARIABLE = "NEUROPOSE_URL", "NEUROPOSE_TOKEN"


#: Into their ``ray_actor_options``: the methods share an event loop with Serve's router and its care for the replica.
#: By default each has a thread of its own, and every call of a few milliseconds wakes them one after the other.
ONE_LOOP: dict[str, Any] = {
    "runtime_env": {
        "env_vars": {
            "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
            "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
        }
    }
}


class HealthChecks(TypedDict):
    """Options of a deployment, in seconds."""

    health_check_period_s: float
    health_check_timeout_s: float


#: Serve replaces a replica after three checks without an answer: one that hangs is given up within half a minute.
HEALTH_CHECKS: HealthChecks = {"health_check_period_s": 5.0, "health_check_timeout_s": 8.0}
