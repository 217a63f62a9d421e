"""What a replica of the pose model gets of the machine, and how many there may be."""

from pathlib import Path

import pytest
from support.poison import PoisonSpec

from neuropose_ray.pipeline.engines.allocation import Cluster
from neuropose_ray.service.pose import deployment
from neuropose_ray.service.pose.deployment import pose_deployment
from neuropose_ray.service.settings import load_settings

ON_CPU, ON_GPU = (PoisonSpec("none", Path("log"), threads=threads) for threads in (1, None))


@pytest.fixture
def machine(monkeypatch):
    """Sets what the cluster has, which is another one than this machine."""

    def has(cpus, gpus=0):
        monkeypatch.setattr(deployment, "present_cluster", lambda: Cluster(cpus, gpus, 1, cpus, cpus))

    return has


def made(spec, name=None, *, pose=None, models=(), **engine):
    flags = {"service": {"pose": pose or {}, "models": list(models)}, "engine": engine}
    bound = pose_deployment(load_settings(None, flags, environment={}), spec, name)
    return bound._bound_deployment if hasattr(bound, "_bound_deployment") else bound


def autoscaling(node):
    return node._deployment_config.autoscaling_config


def test_each_core_may_have_a_replica_and_one_is_always_there(machine):
    machine(8)
    node = made(ON_CPU)
    assert (autoscaling(node).min_replicas, autoscaling(node).max_replicas) == (1, 8)
    assert node.ray_actor_options["num_cpus"] == 1
    assert not node.ray_actor_options.get("num_gpus")


def test_each_gpu_may_have_a_replica_that_reserves_it_alone(machine):
    machine(16, gpus=2)
    node = made(ON_GPU)
    assert autoscaling(node).max_replicas == 2
    assert (node.ray_actor_options["num_gpus"], node.ray_actor_options["num_cpus"]) == (1, 0)


@pytest.mark.parametrize(("models", "most"), [((), 8), (("a",), 4), (("a", "b"), 2), (tuple("abcdefghij"), 1)])
def test_all_models_of_a_service_share_the_machine_evenly(machine, models, most):
    machine(8)
    assert autoscaling(made(ON_CPU, models=models)).max_replicas == most


def test_what_is_set_wins_over_what_there_is(machine):
    machine(8)
    set_so = autoscaling(made(ON_CPU, pose={"min_replicas": 2, "max_replicas": 3}))
    assert (set_so.min_replicas, set_so.max_replicas) == (2, 3)
    too_many = autoscaling(made(ON_CPU, pose={"min_replicas": 50}))
    assert too_many.min_replicas == too_many.max_replicas == 8


def test_a_further_model_is_there_while_it_is_asked_for(machine):
    machine(8)
    node = made(ON_CPU, "own/model", models=["own/model"], pose={"min_replicas": 2})
    assert autoscaling(node).min_replicas == 0
    assert node.name == "PoseModel-own_model"
    assert made(ON_CPU).name == "PoseModel"


def test_a_replica_more_is_made_when_all_have_their_hands_full(machine):
    """A CPU opens a chunk while another is at the model; a GPU has as many as are set."""
    machine(8)
    assert autoscaling(made(ON_CPU)).target_ongoing_requests == 2
    machine(16, gpus=1)
    assert autoscaling(made(ON_GPU, chunks_per_gpu=5)).target_ongoing_requests == 5


def test_limits_on_requests_are_those_of_the_settings(machine):
    machine(8)
    node = made(ON_CPU, pose={"ongoing_requests": 5, "queued_requests": 11, "retry_after_s": 2.5})
    config = node._deployment_config
    assert (config.max_ongoing_requests, config.max_queued_requests) == (5, 11)
