"""A Ray for the service alone: it asks everybody for a token, and no other Ray of the machine disturbs it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

from neuropose_ray import machine
from neuropose_ray.cluster import connection_errors, listening_endpoint
from neuropose_ray.ray_auth import use_token_file
from neuropose_ray.ray_ports import free_agent_port
from neuropose_ray.service.dashboard import DashboardOnDemand, RayDashboardProcess, listening_socket
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.light_ray import lighten_ray

logger = logging.getLogger(__name__)

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
        # Ray's numbers for Prometheus are half a minute old then, and the states of tasks 5 seconds.
        "RAY_metrics_report_interval_ms": "30000",
        "RAY_task_events_report_interval_ms": "5000",
        # Durations of Ray's own handlers, which only its debug logs show.
        "RAY_event_stats": "0",
        # Idle processes are ended up to 2 seconds later, and objects that were moved to the disk come back up to one
        # second later; nothing here moves any.
        "RAY_kill_idle_workers_interval_ms": "2000",
        "RAY_raylet_check_gc_period_milliseconds": "1000",
        "RAY_object_manager_timer_freq_ms": "1000",
        "RAY_report_worker_backlog_interval_ms": "5000",
        # Processes that wait for work hold 45 MB each, and those that have worked several times as much.
        "RAY_enable_worker_prestart": "0",
        "RAY_prestart_worker_first_driver": "0",
        "RAY_num_workers_soft_limit": "0",
        # What is known of a person's use of this service is not sent to the makers of Ray.
        "RAY_USAGE_STATS_ENABLED": "0",
        # Dozens of threads would each keep a heap of their own.
        "MALLOC_ARENA_MAX": "2",
        # Which part of a line an error arose in takes a megabyte of each process.
        "PYTHONNODEBUGRANGES": "1",
    }
)
#: Ray's processes without which the others cannot go on.
CORE_PROGRAMS = ("gcs_server", "raylet")
#: Ray's processes that have nothing to do here, by a part of their command: who would copy logs to a driver that
#: prints none of them, and who would ask a cloud for machines.
IDLE_PROGRAMS = ("ray/_private/log_monitor.py", "autoscaler/_private/monitor.py")

_ENDED_S = 5.0
_HINT = "see `doctor`"
_TOO_SLOW = "timed out during startup"


@contextmanager
def connected_ray(
    address: str | None, dashboard: bool, dashboard_port: int | None, data: DataFolder
) -> Iterator[str]:
    """Connected to a cluster, or to a Ray of its own on this machine, until the block ends.

    Args:
        address: of a cluster; None starts a Ray.
        dashboard: whether a started Ray has one; it runs while somebody looks at it.
        dashboard_port: the port of a started Ray's dashboard on 127.0.0.1; None for 8265, or the next
            that is free.
        data: keeps the token of a started Ray.

    Returns:
        The URL of the dashboard, ``none`` where there is none.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    options: dict[str, Any] = {"address": address}
    if address is not None:
        # Ray itself tries for a minute where nobody answers.
        with connection_errors(address, _HINT):
            listening_endpoint(address)
    else:
        for name, value in OWN_RAY_VARIABLES.items():
            os.environ.setdefault(name, value)
        use_token_file(data.ray_token)
        options = {
            "address": "local",
            "num_cpus": machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups()),
            "include_dashboard": False,
        }
    import ray

    if address is None:
        lighten_ray()
        options["runtime_env"] = {"worker_process_setup_hook": f"{lighten_ray.__module__}.{lighten_ray.__name__}"}
    with connection_errors(address, _HINT), free_agent_port():
        listening = listening_socket(dashboard_port) if address is None and dashboard else None
        context = started_ray(**options)
    # What it says of its start is said here already.
    logging.getLogger("ray.serve").addFilter(lambda record: record.levelno >= logging.WARNING)
    try:
        if address is not None:
            yield f"http://{context.dashboard_url}" if context.dashboard_url else "none"
            return
        _end_idle_programs()
        process = RayDashboardProcess()
        if listening is None:
            yield "none"
            return
        with DashboardOnDemand(process, listening).served() as url:
            yield url
    finally:
        ray.shutdown()


def started_ray(**options: Any) -> Any:
    """Connect to Ray, or start it, a second time where its parts have waited too shortly for each other.

    They wait for some seconds that nobody can set, less than the start of a Python may take on a busy machine. The
    second time most of it is in memory.

    Args:
        options: of ``ray.init``.

    Returns:
        What ``ray.init`` returns.
    """
    import psutil
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    own_process = psutil.Process()
    before = set(own_process.children(recursive=True))
    try:
        return ray.init(**options, **quiet)
    except Exception as error:  # a plain one
        if _TOO_SLOW not in str(error):
            raise
    logger.warning("Ray did not start in the time that it gives itself, and is started again")
    left = set(own_process.children(recursive=True)) - before
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=_ENDED_S)
    return ray.init(**options, **quiet)


def _end_idle_programs() -> None:
    import psutil

    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if any(word.endswith(IDLE_PROGRAMS) for word in child.cmdline()):
                child.kill()  # told to end, they would report it as a failure
                child.wait(timeout=_ENDED_S)
