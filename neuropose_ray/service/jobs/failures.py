"""Errors as clients may see them: without places of the service's file system, without traces."""

from __future__ import annotations

import re
from collections.abc import Mapping

from neuropose_ray.errors import InternalError, NeuroposeRayError, error_kinds
from neuropose_ray.pipeline import ErrorRecord
from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobError

#: Of what nobody foresaw; its text may hold anything, and stays in the job's log.
INTERNAL = InternalError.code
_INTERNAL_MESSAGE = "an unforeseen error; the job's log on the server says more"
# A path or URL, which is known by its slashes; the last part is for people.
_PLACE = re.compile(
    r"(?:[a-zA-Z][\w+.-]*:/|(?<![\w.]))/[^\s;,'\"()<>]*?([^\s;,'\"()<>/:]*)(?=[:.]?(?:[\s;,'\"()<>]|$))"
)
_CODES: Mapping[str, str] = {kind.__name__: kind.code for kind in error_kinds()}


class StepFailedError(Exception):
    """Ends a job: what the queue keeps of it is ``data``."""

    def __init__(self, error: JobError) -> None:
        super().__init__(error.message)
        self.error = error
        self.code, self.data = error.code, error.model_dump(mode="json")


def job_error(
    error: BaseException,
    step: StepKind | None,
    video: str | None = None,
    names_by_path: Mapping[str, str] | None = None,
) -> JobError:
    """What is said of an error to clients.

    Args:
        error: ours, or one that nobody foresaw.
        step: in which it happened.
        video: the input that is to blame, where it is one.
        names_by_path: names that clients know, by the paths that they stand for.
    """
    if not isinstance(error, NeuroposeRayError):
        return JobError(code=INTERNAL, message=_INTERNAL_MESSAGE, step=step, input=video)
    line = error.what if error.hint is None else f"{error.what}; {error.hint}"
    return JobError(code=error.code, message=redact_paths(line, names_by_path), step=step, input=video)


def record_error(
    record: ErrorRecord, step: StepKind, video: str, names_by_path: Mapping[str, str] | None = None
) -> JobError:
    """The same of an error that a run has written down."""
    message = redact_paths(record.message, names_by_path).removeprefix(f"{video}: ")
    return JobError(code=_CODES.get(record.type, INTERNAL), message=message, step=step, input=video)


def redact_paths(text: str, names_by_path: Mapping[str, str] | None = None) -> str:
    """The text with names in place of paths and URLs."""
    for path in sorted(names_by_path or {}, key=len, reverse=True):
        text = text.replace(path, (names_by_path or {})[path])
    return " ".join(_PLACE.sub(r"\1", text).split())
