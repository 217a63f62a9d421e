"""Choosing an engine, and starting and stopping what it runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from neuropose_ray import machine
from neuropose_ray.cluster import OWN_RAY, connected
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.engines.allocation import LEAST_DECODERS
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.settings import EngineSettings


@contextmanager
def started_engine(settings: EngineSettings, spec: PoseModelSpec | None, run_name: str) -> Iterator[Engine]:
    """The engine that the settings ask for, stopped again at the end.

    A Ray that runs already, because the caller or ``ray job submit`` connected to it, is used and left running.

    Raises:
        EngineError: Ray cannot be reached or started, or is too small for what the settings ask.
    """
    address = settings.address or os.environ.get("RAY_ADDRESS")
    if settings.kind == "local" or (settings.kind == "auto" and not address):
        cores = machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())
        threads = 1 if spec is None else spec.threads
        workers = settings.workers or (max(1, cores // threads) if threads else 1)
        chunks_per_gpu = min(settings.chunks_per_gpu, max(LEAST_DECODERS, cores // workers))
        with closing(LocalEngine(workers, settings.stall_limit_s, chunks_per_gpu, cores)) as local:
            yield local
        return
    from neuropose_ray.pipeline.engines.ray_data import RayEngine

    with connected(address or OWN_RAY), closing(RayEngine(settings, spec, run_name)) as cluster:
        yield cluster
