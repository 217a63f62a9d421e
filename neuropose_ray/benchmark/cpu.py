"""The same passes on the CPU: how much faster the accelerator is, and how far its poses lie from the CPU's."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from neuropose_ray.benchmark.figures import aggregate, poses3d_divergence
from neuropose_ray.benchmark.passes import Pass, Workload, run_pass
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.models import MetrabsSettings, ModelSpec
from neuropose_ray.pipeline import started_engine
from neuropose_ray.schemas.benchmark import CpuComparison


def compared_with_cpu(
    work: Workload, passes: Sequence[Pass], options: BenchmarkSettings, say: Callable[[str], None]
) -> CpuComparison:
    """Compare the passes with the same on the CPU, or two of them with each other where they ran on the CPU.

    Args:
        work: what the passes did.
        passes: at least two, the first one warmed up.
        options: of the benchmark.
        say: told what is being done.

    Raises:
        NeuroposeRayError: whatever stops a pass.
    """
    primary = aggregate([single.metrics for single in passes[1:]], options.warmup_frames)
    on_cpu = primary.active_device == "cpu"
    if on_cpu:
        other_device, cpu = passes[-2], primary
    else:
        say(f"the same on the CPU, {options.repeats} passes")
        others = passes_on_cpu(work, options.repeats)
        other_device, cpu = others[-1], aggregate([single.metrics for single in others[1:]], options.warmup_frames)
    divergence, frames = poses3d_divergence(passes[-1].table(), other_device.table())
    cpu_fps = cpu.mean_throughput_fps
    return CpuComparison(
        primary_aggregate=primary,
        cpu_aggregate=cpu,
        speedup=primary.mean_throughput_fps / cpu_fps if cpu_fps else 0.0,
        max_poses3d_divergence_mm=divergence,
        frame_count_compared=frames,
        already_on_cpu=on_cpu,
    )


def passes_on_cpu(work: Workload, repeats: int) -> list[Pass]:
    """The workload with MeTRAbs on the CPU, on the local engine, in a process of its own.

    TensorFlow cannot change its device once it has started.

    Raises:
        NeuroposeRayError: whatever stops a pass.
    """
    settings = work.settings.model_copy(
        update={"engine": work.settings.engine.model_copy(update={"kind": "local", "workers": None})}
    )
    own = work.spec
    assert isinstance(own, ModelSpec)
    assert isinstance(own.settings, MetrabsSettings)  # no other model leaves the CPU
    spec = replace(own, settings=own.settings.model_copy(update={"device": "cpu"}))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        return child.submit(_run_passes, replace(work, settings=settings, spec=spec), repeats).result()


def _run_passes(work: Workload, repeats: int) -> list[Pass]:
    with started_engine(work.settings.engine, work.spec, "benchmark on the CPU") as engine:
        return [run_pass(work, engine) for _ in range(repeats)]
