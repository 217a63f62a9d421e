"""A Ray for the service alone: it asks everybody for a token, and no other Ray of the machine disturbs it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

from neuropose_ray import machine
from neuropose_ray.cluster import connection_errors
from neuropose_ray.ray_auth import use_token_file
from neuropose_ray.ray_ports import free_agent_port
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.light_serve import hide_pandas_from_serve

#: For Ray's own processes; what a user has set is left.
OWN_RAY_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        # Pose models hold all cores, and then Ray ends processes that have nothing to do after a second: nearly every
        # task of a job would wait for a new one to start, which takes longer than most tasks.
        "RAY_idle_worker_killing_time_threshold_ms": "60000",
        # On a busy machine the start of a Python takes longer than Ray waits for it: what it kills then starts anew.
        "RAY_worker_register_timeout_seconds": "300",
        "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "180",
        # Many small looks at nothing keep a laptop from sleeping. Serve looks at its replicas ten times a second by
        # itself; what else is counted is for the dashboard and Prometheus, which ask every few seconds.
        "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "1.0",
        "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "5000",
        "RAY_raylet_report_resources_period_milliseconds": "1000",
        "RAY_gcs_pull_resource_loads_period_milliseconds": "5000",
        "RAY_DASHBOARD_AGENT_CHECK_PARENT_INTERVAL_S": "5",
        "EVENT_AGENT_REPORT_INTERVAL_SECONDS": "10",
        "SCAN_EVENT_DIR_INTERVAL_SECONDS": "60",
        "METRICS_RECORD_INTERVAL_S": "60",
        "GCS_CHECK_ALIVE_INTERVAL_SECONDS": "15",
        "REPORTER_UPDATE_INTERVAL_MS": "15000",
        # Processes that wait for work hold 45 MB each, and those that have worked several times as much.
        "RAY_enable_worker_prestart": "0",
        "RAY_prestart_worker_first_driver": "0",
        "RAY_num_workers_soft_limit": "0",
        # Dozens of threads would each keep a heap of their own.
        "MALLOC_ARENA_MAX": "2",
    }
)
#: Ray's processes without which the others cannot go on.
CORE_PROGRAMS = ("gcs_server", "raylet")
#: Ray's processes that have nothing to do here, by a part of their command: who would copy logs to a driver that
#: prints none of them, and who would ask a cloud for machines.
IDLE_PROGRAMS = ("ray/_private/log_monitor.py", "autoscaler/_private/monitor.py")

_ENDED_S = 5.0


@contextmanager
def connected_ray(
    address: str | None, dashboard: bool, dashboard_port: int | None, data: DataFolder
) -> Iterator[str]:
    """Connected to a cluster, or to a Ray of its own on this machine, until the block ends.

    Args:
        address: of a cluster; None starts a Ray.
        dashboard: whether a started Ray has one: 300 MB, and a third of what the service does while it waits.
        dashboard_port: where the dashboard of a started Ray listens, on 127.0.0.1; None for 8265, or the next that is
            free.
        data: keeps the token of a started Ray.

    Returns:
        The URL of the dashboard, ``none`` where there is none.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
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
            "include_dashboard": dashboard,
        }
    import ray

    if address is None:
        hide_pandas_from_serve()
        options["runtime_env"] = {
            "worker_process_setup_hook": f"{hide_pandas_from_serve.__module__}.{hide_pandas_from_serve.__name__}"
        }
    with connection_errors(address, hint="see `doctor`"), free_agent_port():
        context = ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
    if address is None:
        _end_idle_programs()
    # What it says of its start is said here already.
    logging.getLogger("ray.serve").addFilter(lambda record: record.levelno >= logging.WARNING)
    try:
        yield f"http://{context.dashboard_url}" if context.dashboard_url else "none"
    finally:
        ray.shutdown()


def _end_idle_programs() -> None:
    import psutil

    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if any(word.endswith(IDLE_PROGRAMS) for word in child.cmdline()):
                child.kill()  # told to end, they would report it as a failure
                child.wait(timeout=_ENDED_S)
