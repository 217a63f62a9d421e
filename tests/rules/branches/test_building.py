"""The branches of a pipeline: each built in kind can be made, and gives the fields that templates may name."""

import numpy as np
import pytest
from analysis.segmentation.performers import phantom
from rules.streams import moments, pipeline, rule
from rules.test_checks import BRANCHES, MODELS
from support.onnx_files import mean_colours

from neuropose_ray.errors import ModelError, RuleError
from neuropose_ray.phantom import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.rules import InlineExecutor, build_branches
from neuropose_ray.rules.branches.building import FAILURE_FIELDS, branch_fields

CLASSES = {"helmet": {"file": "models/helmet.onnx", "classes": ["a", "b", "c"], "size": [8, 8]}}
WHOLE = pipeline(rule(on_complete=[]) | {"branches": BRANCHES}, models=CLASSES)


def built(made=WHOLE, **models):
    return build_branches(made, PHANTOM_SKELETON, InlineExecutor(), models or {"helmet": mean_colours()})


def test_every_branch_gives_the_fields_that_templates_may_name():
    motion, _ = phantom(Squatting(), np.arange(0, 6, 0.1))
    image = np.zeros((400, 600, 3), np.uint8)
    for name, branch in built().items():
        run = branch.begin()
        for moment in moments(motion):
            run.observe(type(moment)(moment.at, moment.time_s, moment.person, image))
        _, result = run.conclude()
        if name != "helmet":  # the phantom has no head that could be in the picture
            assert {*result.fields, *FAILURE_FIELDS} == set(branch_fields(WHOLE.branches[name])), name


def test_a_network_that_is_not_there_or_none_is_an_error_before_anything_runs():
    with pytest.raises(RuleError, match="there is no file of model helmet"):
        build_branches(WHOLE, PHANTOM_SKELETON, InlineExecutor())
    with pytest.raises(ModelError):
        built(helmet=b"nothing")


def test_models_that_no_branch_uses_are_not_loaded():
    unused = pipeline(rule(), models=MODELS)
    assert built(unused, other=b"") == {}
