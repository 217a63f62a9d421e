"""What the parts of the service are called, in Serve, in Ray's dashboard and in what is said of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

APPLICATION, INGRESS, POSE_MODEL, JOB_MANAGER = "neuropose-ray", "Ingress", "PoseModel", "JobManager"
#: What is said while a part is not there yet.
WAITS: Mapping[str, str] = MappingProxyType(
    {
        INGRESS: "the HTTP interface",
        POSE_MODEL: "the pose model, which is being loaded",
        JOB_MANAGER: "the job manager",
    }
)


def deployment_name(model: str) -> str:
    """The deployment of a further pose model; Serve takes neither slashes nor hashes in a name."""
    return f"{POSE_MODEL}-{re.sub(r'[^A-Za-z0-9._-]+', '_', model)}"


#: Environment variables of clients; the service itself reads neither.
URL_VARIABLE, TOKEN_VARIABLE = "NEUROPOSE_URL", "NEUROPOSE_TOKEN"
