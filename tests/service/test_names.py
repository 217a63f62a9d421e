"""Names of deployments: whatever a model is called, Serve takes it, and no two models have one name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.names import INGRESS, JOB_MANAGER, POSE_MODEL, STARTUP_MESSAGES, deployment_name


@pytest.mark.parametrize(
    ("model", "name"),
    [("metrabs", "PoseModel-metrabs"), ("/models/own.tar.gz", "PoseModel-_models_own.tar.gz"),
     ("https://host/m.zip#1", "PoseModel-https_host_m.zip_1")],
)  # fmt: skip
def test_names_can_be_read(model: str, name: str):
    assert deployment_name(model) == name


@given(st.text(max_size=80))
def test_serve_takes_the_name_of_any_model(model: str):
    assert re.fullmatch(r"PoseModel-[A-Za-z0-9._-]*", deployment_name(model))


def test_every_part_that_is_waited_for_has_a_message():
    assert set(STARTUP_MESSAGES) == {INGRESS, POSE_MODEL, JOB_MANAGER}
