"""Choosing an engine, and starting and stopping what it runs on."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from neuropose_ray import machine
from neuropose_ray.doctor.checks import check_ray
from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.settings import EngineSettings
from neuropose_ray.ray_auth import refusal_hint, use_passing_token

#: The address that starts a Ray of its own on this machine.
OWN_RAY = "local"


@contextmanager
def started_engine(settings: EngineSettings, spec: PoseModelSpec, run_name: str) -> Iterator[Engine]:
    """The engine that the settings ask for, stopped again at the end.

    A Ray that runs already, because the caller or ``ray job submit`` connected to it, is used and left running.

    Raises:
        EngineError: Ray cannot be reached or started, or is too small for what the settings ask.
    """
    address = settings.address or os.environ.get("RAY_ADDRESS")
    if settings.kind == "local" or (settings.kind == "auto" and not address):
        cores = machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())
        workers = settings.workers or (max(1, cores // spec.threads) if spec.threads else 1)
        with closing(LocalEngine(workers, settings.stall_limit_s)) as local:
            yield local
        return
    from neuropose_ray.pipeline.engines.ray_data import RayEngine

    with connected(address or OWN_RAY), closing(RayEngine(settings, spec, run_name)) as cluster:
        yield cluster


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connected to a Ray, or to one of its own on this machine; what was connected before is used and left.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    # A worker started by a driver that runs under uv would try to build the environment anew.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        if address == OWN_RAY:
            cores = machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())
            _start_own_ray(cores)
        else:
            _require_answer(address)
            ray.init(address=address, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises plain ones too, and its own for a token that is missing
        if isinstance(error, NeuroposeRayError):
            raise
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        hint = refusal_hint(error) or "check the address, or start a Ray with `ray start --head`"
        raise EngineError(f"cannot connect to Ray ({first_line})", where=address, hint=hint) from error
    try:
        yield
    finally:
        ray.shutdown()


def _start_own_ray(cores: int) -> None:
    use_passing_token()
    import ray

    # Ray's own processes would warn on this terminal of things that the user of a run cannot change, and say so
    # once more when told not to: that one line goes nowhere. What goes wrong comes as an exception.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # Figures and events of tasks are for the dashboard. Without it nobody sees them, and on two cores it shows what
    # collecting them costs.
    os.environ.setdefault("RAY_enable_metrics_collection", "0")
    os.environ.setdefault("RAY_task_events_report_interval_ms", "0")
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        # No dashboard: it costs seconds and memory, and goes away with this process anyway.
        ray.init(
            address="local",
            num_cpus=cores,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


def _require_answer(address: str) -> None:
    """Ray itself tries for many minutes to reach an address where nothing listens."""
    answer = check_ray(address)
    if answer.status == "fail":
        raise EngineError(f"cannot connect to Ray ({answer.found})", where=address, hint=answer.advice)
