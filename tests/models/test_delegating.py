"""A spec around another one is the other one in all but how it is loaded."""

import dataclasses
import pickle

import pytest

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.models.delegating import DelegatingSpec
from neuropose_ray.models.protocol import PoseModelSpec

ATTRIBUTES = ("name", "sha256", "field_of_view_degrees", "threads", "device", "session_frames")


@pytest.fixture
def spec() -> SyntheticSpec:
    return SyntheticSpec()


def test_every_attribute_of_the_protocol_is_the_underlying_models(spec: SyntheticSpec):
    delegating = DelegatingSpec(spec)
    for name in ATTRIBUTES:
        assert getattr(delegating, name) == getattr(spec, name)
    assert delegating.fingerprint() == spec.fingerprint()
    properties = {name for name in vars(PoseModelSpec) if not name.startswith("_")}
    assert properties <= {*ATTRIBUTES, "fingerprint", "load"}, "a new attribute of the protocol: delegate it"


def test_it_travels_to_workers_as_the_other_one_does(spec: SyntheticSpec):
    assert pickle.loads(pickle.dumps(DelegatingSpec(spec))) == DelegatingSpec(spec)


def test_it_is_frozen(spec: SyntheticSpec):
    with pytest.raises(dataclasses.FrozenInstanceError):
        DelegatingSpec(spec).spec = spec
