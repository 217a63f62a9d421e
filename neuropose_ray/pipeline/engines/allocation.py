"""How a cluster's CPUs and GPUs are shared out between pose models and decoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neuropose_ray.errors import EngineError
from neuropose_ray.pipeline.settings import EngineSettings

#: Chunks that are decoded at once for a GPU, however few CPUs there are: while one is opened, the other one goes on.
LEAST_DECODERS = 2
#: Chunks of a worker beyond those that are decoded: their last frames wait for a batch to be full, or their results
#: are written. Videos of a second have 25 frames, of which three batches of 32 wait or are under way.
WAITING_CHUNKS = 8


@dataclass(frozen=True, slots=True)
class Cluster:
    """What there is.

    Attributes:
        cpus, gpus, nodes: of all nodes.
        smallest_node_cpus: of the nodes that have any.
        gpu_node_cpus: of all nodes with a GPU.
    """

    cpus: int
    gpus: int
    nodes: int
    smallest_node_cpus: int
    gpu_node_cpus: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who gets what.

    Attributes:
        shape: who decodes.
        workers: models in memory at once, now.
        grows: whether nodes that join get workers too.
        cpus, gpus: that Ray reserves for each worker.
        decoders: chunks that are decoded at once for a worker.
        chunks_at_once: chunks that a worker has in flight, with those that wait for its model or are written.
    """

    shape: Literal["fused", "split"]
    workers: int
    grows: bool
    cpus: int
    gpus: int
    decoders: int
    chunks_at_once: int


def allocate(
    cluster: Cluster, settings: EngineSettings, model_cpus: int | None, device: str, *, frames_alone: bool = False
) -> Allocation:
    """Share a cluster out.

    Args:
        cluster: what there is.
        settings: the number of workers, and the shape.
        model_cpus: cores that one model keeps busy; None for a model that takes a GPU, or all cores of a node.
        device: what the model runs on: ``cpu``, ``gpu:N``, or ``auto`` for a GPU where there is one.
        frames_alone: whether the model sees every frame for itself, so that chunks may share its calls.

    Raises:
        EngineError: ``split`` was asked for, and there is no CPU left for a decoder; there are fewer GPUs than
            workers; or the device is a GPU with a number other than 0.
    """
    if device not in ("cpu", "auto", "gpu:0"):
        raise EngineError(
            "Ray shares out the GPUs, and a worker sees its own one alone, as gpu:0",
            where=f"device {device}",
            hint="choose auto, and say with CUDA_VISIBLE_DEVICES at Ray's start which GPUs it has",
        )
    if cluster.gpus and device != "cpu":
        return _on_gpus(cluster, settings, frames_alone=frames_alone)
    shape: Literal["fused", "split"] = "split" if settings.shape == "split" else "fused"
    decoder = 1 if shape == "split" else 0
    cpus = model_cpus or max(1, cluster.smallest_node_cpus - decoder)
    workers = settings.workers or max(1, cluster.cpus // (cpus + decoder))
    if workers * cpus + decoder > cluster.cpus and decoder:
        raise EngineError(
            f"the cluster has {cluster.cpus} CPUs, and {workers} workers of {cpus} leave none for a decoder",
            where="split",
            hint="use --shape fused, or fewer workers",
        )
    # More workers than these would take the CPUs that the decoders need, and then wait for them for ever.
    grows = settings.workers is None and shape == "fused"
    return Allocation(shape, workers, grows, cpus, gpus=0, decoders=1, chunks_at_once=1)


def _on_gpus(cluster: Cluster, settings: EngineSettings, *, frames_alone: bool) -> Allocation:
    workers = settings.workers or cluster.gpus
    if workers > cluster.gpus:
        raise EngineError(
            f"the cluster has fewer GPUs, {cluster.gpus}, and every worker takes one",
            where=f"{workers} workers",
            hint="use fewer, or give no number: then GPUs that join the cluster get workers too",
        )
    beside, all_cpus = cluster.gpu_node_cpus // cluster.gpus, cluster.cpus // cluster.gpus
    if settings.shape == "auto":
        # Cores of a GPU's own node feed it by threads beside the model, with no copy of a frame between processes.
        # Those of other nodes send 6 MB for each frame of 1080p: worth it where the node's own do not suffice.
        shape: Literal["fused", "split"] = "split" if beside < min(settings.chunks_per_gpu, all_cpus) else "fused"
    else:
        shape = settings.shape
    decoders = max(LEAST_DECODERS, min(settings.chunks_per_gpu, all_cpus if shape == "split" else beside))
    return Allocation(
        shape=shape,
        workers=workers,
        grows=settings.workers is None,
        cpus=0,  # it waits for the GPU; what decodes beside it or elsewhere counts itself
        gpus=1,
        decoders=decoders,
        chunks_at_once=decoders + (WAITING_CHUNKS if frames_alone else 0),
    )
