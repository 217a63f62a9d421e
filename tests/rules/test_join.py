"""Joining results: the three modes, and that each comes to an end once all is settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.rules.branches.protocol import BranchResult, failure
from neuropose_ray.rules.join import joined
from neuropose_ray.schemas.rules import Join

GOOD, BAD = BranchResult({"value": 1}), failure("no", "timeout")


@pytest.mark.parametrize(
    ("mode", "required", "results", "outcome"),
    [
        ("all", [], {"a": GOOD, "b": GOOD}, None),
        ("all", [], {"a": GOOD, "b": GOOD, "c": GOOD}, "completed"),
        ("all", [], {"a": BAD}, "failed"),
        ("any", [], {"a": BAD, "b": BAD}, None),
        ("any", [], {"a": BAD, "b": GOOD}, "completed"),
        ("any", [], {"a": BAD, "b": BAD, "c": BAD}, "failed"),
        ("required", [], {"a": GOOD, "b": BAD}, None),
        ("required", [], {"a": BAD, "b": BAD, "c": GOOD}, "completed"),
        ("required", ["a"], {"b": GOOD, "c": GOOD}, None),
        ("required", ["a"], {"a": GOOD}, "completed"),
        ("required", ["a"], {"a": BAD, "b": GOOD}, "failed"),
        ("required", ["a", "b"], {"a": BAD, "b": GOOD}, "completed"),
    ],
)
def test_when_results_are_enough(mode, required, results, outcome):
    assert joined(Join(mode=mode, required=required), ["a", "b", "c"], results) == outcome


@given(
    mode=st.sampled_from(["all", "any", "required"]),
    results=st.dictionaries(st.sampled_from("abc"), st.sampled_from([GOOD, BAD]), min_size=3),
)
def test_once_all_is_settled_there_is_an_outcome_and_without_a_success_it_is_failed(mode, results):
    outcome = joined(Join(mode=mode), "abc", results)
    assert outcome in ("completed", "failed")
    if all(result.failed for result in results.values()):
        assert outcome == "failed"
    if not any(result.failed for result in results.values()):
        assert outcome == "completed"
