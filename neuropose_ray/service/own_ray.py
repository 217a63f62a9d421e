"""A Ray for the service alone: it asks everybody for a token, and no other Ray of the machine disturbs it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from neuropose_ray import machine
from neuropose_ray.errors import EngineError
from neuropose_ray.ray_auth import refusal_hint, use_token_file
from neuropose_ray.service.data_folder import DataFolder

#: For Ray's own processes; what a user has set is left.
OWN_RAY_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        # Pose models hold all cores, and then Ray ends processes that have nothing to do after a second: nearly every
        # task of a job would wait for a new one to start, which takes longer than most tasks.
        "RAY_idle_worker_killing_time_threshold_ms": "60000",
        # On a busy machine the start of a Python takes longer than Ray waits for it: what it kills then starts anew.
        "RAY_worker_register_timeout_seconds": "300",
        "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "180",
    }
)
#: Ray's processes without which the others cannot go on.
CORE_PROGRAMS = ("gcs_server", "raylet")


@contextmanager
def connected_ray(address: str | None, dashboard_port: int | None, data: DataFolder) -> Iterator[str]:
    """Connected to a cluster, or to a Ray of its own on this machine, until the block ends.

    Args:
        address: of a cluster; None starts a Ray.
        dashboard_port: where the dashboard of a started Ray listens, on 127.0.0.1; None for 8265, or the next that is
            free.
        data: keeps the token of a started Ray.

    Returns:
        The URL of the dashboard, ``none`` where there is none.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    # A worker started by a driver that runs under uv would try to build the environment anew.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    options: dict[str, Any] = {"address": address}
    if address is None:
        for name, value in OWN_RAY_VARIABLES.items():
            os.environ.setdefault(name, value)
        use_token_file(data.ray_token)
        options = {
            "address": "local",
            "num_cpus": machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups()),
            "dashboard_host": "127.0.0.1",
            "dashboard_port": dashboard_port,
            "include_dashboard": True,
        }
    import ray

    try:
        context = ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises plain ones where a process of it does not start in time
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        hint = refusal_hint(error) or "see `doctor`"
        raise EngineError(f"cannot start or reach Ray ({first_line})", where=address, hint=hint) from error
    # What it says of its start is said here already.
    logging.getLogger("ray.serve").addFilter(lambda record: record.levelno >= logging.WARNING)
    try:
        yield f"http://{context.dashboard_url}" if context.dashboard_url else "none"
    finally:
        ray.shutdown()
