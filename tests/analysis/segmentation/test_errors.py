import pickle

import pytest

from neuropose_ray.analysis.segmentation.errors import SignalError, UnknownJointError
from neuropose_ray.errors import InputError


@pytest.mark.parametrize(("error", "neuroposes"), [(SignalError, ValueError), (UnknownJointError, KeyError)])
def test_an_error_is_ours_and_the_one_that_neuroposes_callers_catch(error, neuroposes):
    raised = error("no joint 'tail'", where="walk", hint="see joints")
    assert isinstance(raised, InputError)
    assert isinstance(raised, neuroposes)
    assert str(raised) == "walk: no joint 'tail'; see joints"


@pytest.mark.parametrize("error", [SignalError, UnknownJointError])
def test_an_error_travels_between_processes_whole(error):
    raised = pickle.loads(pickle.dumps(error("is wrong", where="walk")))
    assert (type(raised), str(raised), raised.code) == (error, "walk: is wrong", error.code)
