"""What the method and the path of a request say of it, before any route takes it."""

from __future__ import annotations

import re

from starlette.types import Scope

_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_JOB = re.compile(r"^(?:/v1/jobs|/tasks|/results)/([0-9a-f]{32})(?:/|$)")
#: What shows people: poses, files of jobs, pictures.
_RESULTS = re.compile(
    r"^(?:/v1/jobs/[^/]+/(?:results|artifacts)(?:/|$)|/results/|/v1/streams/[^/]+/frame\.jpg$|/camera/[^/]+/image$)"
)


def only_reads(scope: Scope) -> bool:
    """Whether a request changes nothing; not that of a WebSocket, which has no method."""
    return scope.get("method") in _READ_METHODS


def shows_results(scope: Scope) -> bool:
    """Whether a request is for poses or pictures of people."""
    return _RESULTS.match(scope["path"]) is not None


def job_of(scope: Scope, location: str) -> str | None:
    """The id of the job that a request is about.

    Args:
        scope: of the request.
        location: the header of its answer, which names a new job; empty without.
    """
    job = _JOB.match(scope["path"]) or _JOB.match(location)
    return job[1] if job else None
