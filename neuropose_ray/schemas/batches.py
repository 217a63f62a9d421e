"""Batches of the service: jobs that were submitted together."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import JobState
from neuropose_ray.schemas.jobs import JobError, JobId


class BatchFailure(FrozenModel):
    """A job of a batch that failed."""

    job: JobId
    inputs: tuple[str, ...]
    error: JobError | None


class Batch(FrozenModel):
    """Jobs that were submitted together, one for each video, as the caller sees them.

    The state is ``queued`` before the first one begins and ``running`` until the last one has ended; then ``failed``
    where one failed, else ``cancelled`` where one was cancelled, else ``completed``.
    """

    id: JobId
    state: JobState
    counts: dict[JobState, int] = Field(description="how many of its jobs are in each state")
    percent: float = Field(ge=0, le=100, description="of all its jobs together")
    owner: str | None = None
    submitted_at: datetime = Field(description="its first job")
    ended_at: datetime | None = Field(default=None, description="its last job, when all have ended")
    failures: tuple[BatchFailure, ...] = Field(default=(), description="the first hundred of its failed jobs")
    refused: tuple[JobError, ...] = Field(
        default=(), description="of the request that makes a batch: inputs that no job was made of, and why"
    )


class BatchPage(FrozenModel):
    """Some of the batches, newest first. ``next`` continues the list.

    A page may have fewer than were asked for though there are more: the jobs of its batches are bounded, too.
    """

    batches: tuple[Batch, ...]
    next: str | None = None
