from dataclasses import replace

import pytest

from neuropose_ray.errors import EngineError
from neuropose_ray.pipeline.engines.allocation import LEAST_DECODERS, WAITING_CHUNKS, Allocation, Cluster, allocate
from neuropose_ray.pipeline.settings import EngineSettings

LAPTOP = Cluster(cpus=8, gpus=0, nodes=1, smallest_node_cpus=8, gpu_node_cpus=0)
ONE_GPU = Cluster(cpus=16, gpus=1, nodes=1, smallest_node_cpus=16, gpu_node_cpus=16)
EIGHT_GPUS = Cluster(cpus=96, gpus=8, nodes=1, smallest_node_cpus=96, gpu_node_cpus=96)
GPU_AND_CPU_NODES = Cluster(cpus=36, gpus=1, nodes=3, smallest_node_cpus=4, gpu_node_cpus=4)
LARGE_GPU_AND_CPU_NODES = Cluster(cpus=80, gpus=1, nodes=3, smallest_node_cpus=16, gpu_node_cpus=16)
FEW_CPUS = Cluster(cpus=8, gpus=8, nodes=2, smallest_node_cpus=4, gpu_node_cpus=8)


def shared(cluster: Cluster, model_cpus: int | None, **settings: object) -> Allocation:
    return allocate(cluster, EngineSettings(**settings), model_cpus, "auto" if model_cpus is None else "cpu")


def test_without_gpus_every_core_has_a_worker_that_decodes_for_itself():
    assert shared(LAPTOP, 1) == Allocation(
        "fused", workers=8, grows=True, cpus=1, gpus=0, decoders=1, chunks_at_once=1
    )


def test_a_model_that_uses_all_cores_has_a_node_for_itself():
    cluster = Cluster(cpus=24, gpus=0, nodes=3, smallest_node_cpus=8, gpu_node_cpus=0)
    assert (shared(cluster, None).workers, shared(cluster, None).cpus) == (3, 8)


def test_a_model_for_the_cpu_leaves_the_gpus_alone():
    assert shared(EIGHT_GPUS, 1).gpus == 0
    nodes = Cluster(cpus=48, gpus=4, nodes=3, smallest_node_cpus=16, gpu_node_cpus=48)
    assert allocate(nodes, EngineSettings(), None, "cpu") == Allocation(
        "fused", workers=3, grows=True, cpus=16, gpus=0, decoders=1, chunks_at_once=1
    )


def test_the_gpu_of_a_worker_is_the_first_that_it_sees():
    assert allocate(EIGHT_GPUS, EngineSettings(), None, "gpu:0") == shared(EIGHT_GPUS, None)


@pytest.mark.parametrize("cluster", [EIGHT_GPUS, LAPTOP])
def test_a_gpu_by_its_number_is_refused(cluster: Cluster):
    with pytest.raises(EngineError, match=r"^device gpu:1: .* sees its own one alone, as gpu:0; choose auto"):
        allocate(cluster, EngineSettings(), None, "gpu:1")


@pytest.mark.parametrize("shape", ["fused", "split"])
def test_more_workers_than_gpus_are_refused(shape: str):
    assert shared(EIGHT_GPUS, None, shape=shape, workers=8).workers == 8
    with pytest.raises(EngineError, match=r"^9 workers: the cluster has fewer GPUs, 8, .*; use fewer") as caught:
        shared(EIGHT_GPUS, None, shape=shape, workers=9)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cluster", "shape"),
    [
        (ONE_GPU, "fused"), (EIGHT_GPUS, "fused"), (GPU_AND_CPU_NODES, "split"), (LARGE_GPU_AND_CPU_NODES, "fused"),
        (FEW_CPUS, "fused"),
    ],
)  # fmt: skip
def test_frames_are_decoded_elsewhere_where_the_cores_beside_a_gpu_do_not_suffice(cluster: Cluster, shape: str):
    assert shared(cluster, None).shape == shape


@pytest.mark.parametrize("shape", ["fused", "split"])
def test_a_shape_that_was_asked_for_is_taken(shape: str):
    for cluster, model_cpus in ((LAPTOP, 1), (ONE_GPU, None), (GPU_AND_CPU_NODES, None), (FEW_CPUS, None)):
        assert shared(cluster, model_cpus, shape=shape).shape == shape


def test_every_gpu_has_a_worker_that_decodes_on_the_cpus_that_there_are_for_it():
    assert shared(EIGHT_GPUS, None) == Allocation(
        "fused", workers=8, grows=True, cpus=0, gpus=1, decoders=8, chunks_at_once=8
    )
    assert shared(EIGHT_GPUS, None, chunks_per_gpu=64).decoders == 12
    assert shared(GPU_AND_CPU_NODES, None).decoders == 8
    assert shared(GPU_AND_CPU_NODES, None, shape="fused").decoders == 4
    assert shared(FEW_CPUS, None).decoders == LEAST_DECODERS


@pytest.mark.parametrize("cluster", [ONE_GPU, EIGHT_GPUS, FEW_CPUS])
def test_where_chunks_share_calls_some_more_wait_for_the_model_than_are_decoded(cluster: Cluster):
    own, common = (
        allocate(cluster, EngineSettings(), None, "auto", frames_alone=frames_alone) for frames_alone in (False, True)
    )
    assert common == replace(own, chunks_at_once=own.chunks_at_once + WAITING_CHUNKS)


def test_a_number_of_workers_that_was_given_stays():
    assert (shared(LAPTOP, 1, workers=3).workers, shared(LAPTOP, 1, workers=3).grows) == (3, False)


def test_without_gpus_split_keeps_cores_for_the_decoders():
    split = shared(LAPTOP, 1, shape="split")
    assert (split.workers, split.grows) == (4, False)  # a fifth would take the last core of a decoder
    assert shared(LAPTOP, None, shape="split").cpus == 7


def test_split_without_a_core_for_decoding_is_refused():
    with pytest.raises(EngineError, match=r"8 CPUs, and 8 workers of 1 leave none for a decoder; use --shape fused"):
        shared(LAPTOP, 1, shape="split", workers=8)
    with pytest.raises(EngineError, match="leave none"):
        shared(Cluster(cpus=1, gpus=0, nodes=1, smallest_node_cpus=1, gpu_node_cpus=0), 1, shape="split")
