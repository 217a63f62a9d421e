"""What the parts of the service are called, in Serve, in Ray's dashboard and in what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

APPLICATION, INGRESS, POSE_MODEL, JOB_MANAGER = "neuropose-ray", "Ingress", "PoseModel", "JobManager"
#: What is said while a part is not there yet.
STARTUP_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        INGRESS: "the HTTP interface",
        POSE_MODEL: "the pose model, which is being loaded",
        JOB_MANAGER: "the job manager",
    }
)

#: Environment variables of clients; the service itself reads neither.
URL_VARIABLE, TOKEN_VARIABLE = "NEUROPOSE_URL", "NEUROPOSE_TOKEN"
