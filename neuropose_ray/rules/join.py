"""When the results of an episode's branches are enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neuropose_ray.rules.branches.protocol import BranchResult
from neuropose_ray.schemas.actions import Outcome
from neuropose_ray.schemas.rules import Join


def joined(join: Join, branches: Sequence[str], results: Mapping[str, BranchResult]) -> Outcome | None:
    """How an episode ends by the results so far; None while they are not enough.

    Args:
        join: the rule's.
        branches: names of all branches of the rule, at least one.
        results: of those that are settled.
    """
    succeeded = {name for name, result in results.items() if not result.failed}
    failed = results.keys() - succeeded
    if join.mode == "all":
        return "failed" if failed else "completed" if succeeded >= set(branches) else None
    if join.mode == "any":
        return "completed" if succeeded else "failed" if failed >= set(branches) else None
    required = set(join.required or branches)
    if not required <= results.keys():
        return None
    return "completed" if required & succeeded else "failed"
