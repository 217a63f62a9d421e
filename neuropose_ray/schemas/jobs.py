"""Jobs of the service: what a client asks for, what is known of it, and the workflows that do it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from neuropose_ray.schemas.fitting import HeightM
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import STANDARD_NAME, JobState, StepKind, StepState
from neuropose_ray.schemas.service_status import SlowestStep

JobId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
#: Seconds that a job may take, a year at most.
DeadlineS = Annotated[float, Field(gt=0, le=366 * 86_400.0)]
Label = Annotated[str, StringConstraints(max_length=200)]
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
#: Of uploaded files and of a job's videos: no separators, no leading dot, printable.
FileName = Annotated[str, StringConstraints(pattern=r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}$")]


class JobInput(FrozenModel):
    """One input of a job: an uploaded file, or one that the service may read where it lies."""

    name: FileName
    uri: str | None = Field(default=None, description="where it lies; none: among the job's uploaded files")
    sha256: str | None = Field(default=None, description="of an uploaded file")
    size_bytes: int | None = Field(default=None, ge=0)


class JobOptions(FrozenModel):
    """What is known of a job's videos, and what is to be made of them.

    What is empty is as the service's settings and the workflow have it.
    """

    model: str | None = Field(
        default=None, max_length=500, description="a pose model of those that the service has", examples=["blazepose"]
    )
    height_m: HeightM | None = Field(
        default=None,
        description="the person's height in metres: without it there are no true millimetres, for one camera does "
        "not see the size of a body",
        examples=[1.75],
    )
    field_of_view_degrees: float | None = Field(
        default=None, ge=1, le=179, description="of the camera, over the longer side of the frame", examples=[67.0]
    )
    capture_fps: float | None = Field(
        default=None,
        ge=0.001,
        le=100_000,
        description="frames per second at which the videos were taken, where they are stored slowed down: durations "
        "and speeds are then those of what was filmed",
        examples=[240.0],
    )
    rate: float | None = Field(
        default=None,
        ge=0.001,
        le=100_000,
        description="frames of a second of which poses are looked for, at most: 30 are enough of videos with 60, 120 "
        "or 240. Those of the frames between are interpolated, and all results have every frame",
        examples=[30.0],
    )
    calibration: str | None = Field(
        default=None,
        min_length=1,
        max_length=64 * 1024,
        description="the text of a Pose2Sim calibration (TOML); a form may have it as a file. Of a job that is "
        "shown, its SHA-256",
    )
    calibration_camera: str | None = Field(
        default=None,
        max_length=200,
        description="which camera of the calibration; empty: the one named like the video, or the only one",
    )
    overlay: bool | None = Field(
        default=None, description="true: the video with skeletons, also where the workflow makes none. false: none"
    )
    blur_faces: bool | None = Field(
        default=None, description="hide the faces of the people that were found, in overlay and report"
    )
    compare_with: JobId | None = Field(
        default=None,
        description="a job of yours: each video is laid over its video of the same name, or its only one, and "
        "`comparison.json` says what differs",
    )

    def as_shown(self) -> JobOptions:
        """The same with the digest of the calibration in place of its text."""
        if self.calibration is None:
            return self
        digest = hashlib.sha256(self.calibration.encode()).hexdigest()
        return self.model_copy(update={"calibration": f"sha256:{digest}"})


class JobWebhook(FrozenModel):
    """Where a message is posted when a job has ended."""

    url: str = Field(
        pattern=r"^https?://[^\s]+$",
        max_length=2000,
        description="of the receiver; its host must be one that the service may send to",
        examples=["https://lab.example.org/hooks/motion"],
    )
    secret: str | None = Field(
        default=None,
        repr=False,
        min_length=8,
        max_length=200,
        description="key of the message's signature; none: the service's own",
    )


class WebhookStatus(FrozenModel):
    """What became of the message about a job's end; ``awaiting`` until the job has ended."""

    receiver: str = Field(description="scheme and host of the URL")
    state: Literal["awaiting", "pending", "delivered", "failed"] = "awaiting"
    attempts: int = 0
    status: int | None = Field(default=None, description="the HTTP status with which the receiver took it")
    last_error: str | None = Field(default=None, description="why the last attempt failed")
    last_attempt_at: datetime | None = None


class JobRequest(FrozenModel):
    """What is asked for; kept whole and unchanged as long as the job is known."""

    id: JobId
    workflow: str = STANDARD_NAME
    inputs: tuple[JobInput, ...] = Field(min_length=1)
    priority: int = Field(default=5, ge=0, le=10, description="10 is done first")
    labels: dict[LabelName, Label] = Field(default_factory=dict, max_length=20)
    source: Literal["http", "inbox"] = "http"
    folder: str | None = Field(default=None, description="of an inbox job: the name of its folder")
    owner: str | None = Field(default=None, description="the name of the token that it was submitted with")
    options: JobOptions = JobOptions()
    webhook: JobWebhook | None = None
    batch: JobId | None = Field(default=None, description="the id of the jobs that it was submitted with")
    deadline_s: DeadlineS | None = Field(
        default=None, description="seconds after which it fails where it has not ended; None: never"
    )
    submitted_at: datetime

    @field_validator("inputs")
    @classmethod
    def _names_differ(cls, inputs: tuple[JobInput, ...]) -> tuple[JobInput, ...]:
        if len({PurePosixPath(job_input.name).stem.casefold() for job_input in inputs}) < len(inputs):
            raise ValueError("two inputs of the same name")
        return inputs

    def same_work(self, request: JobRequest) -> bool:
        """Whether two requests with one Idempotency-Key ask for the same."""
        return self._work() == request._work()

    def _work(self) -> tuple[object, ...]:
        given = self.workflow, self.inputs, self.priority, self.labels, self.source, self.folder
        return *given, self.options, self.webhook, self.batch, self.deadline_s


class JobError(FrozenModel):
    """Why a job failed, for people and for programs; never a path or a trace of the service."""

    code: str
    message: str
    step: StepKind | None = None
    input: str | None = Field(default=None, description="the input that is to blame, where it is one")


class JobProgress(FrozenModel):
    """How far a job is. ``percent`` never goes back."""

    percent: float = Field(default=0.0, ge=0, le=100)
    stage: StepKind | None = Field(default=None, description="the step it is at; none: waiting, or ended")
    input: str | None = Field(default=None, description="the video it is at")
    inputs_done: int = 0
    frames_done: int | None = Field(
        default=None, description="frames of all videos that the pose model has seen; null before they are counted"
    )
    frames_total: int | None = Field(default=None, description="frames that it has to see in this run of the step")
    waits_for: str | None = Field(default=None, description="why a running job pauses: space on the service's disk")
    eta: datetime | None = Field(
        default=None,
        description="when it is expected to end, from its pace so far; null where it waits or has ended, and before "
        "that can be said",
    )
    updated_at: datetime | None = Field(default=None, description="the last sign of progress")


class JobStep(FrozenModel):
    """One step of a job, and how far it is."""

    kind: StepKind
    state: StepState = "waiting"
    attempts: int = Field(default=0, description="tries since the job was last taken from the queue")
    last_error: JobError | None = Field(
        default=None, description="why its last try that failed did so, also where a later one went well"
    )
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Artifact(FrozenModel):
    """A file that a job has made. ``path`` is relative to its results, as in ``.../artifacts/<path>``."""

    path: str
    size_bytes: int


class Job(FrozenModel):
    """A job as clients see it."""

    id: JobId
    state: JobState
    workflow: str
    inputs: tuple[str, ...] = Field(description="the names of its inputs")
    priority: int
    labels: dict[str, str]
    source: Literal["http", "inbox"]
    folder: str | None = None
    owner: str | None = Field(default=None, description="the name of the token that it was submitted with")
    options: JobOptions = JobOptions()
    attempts: int = Field(description="starts of the job, also after the service died")
    progress: JobProgress
    steps: tuple[JobStep, ...] = Field(default=(), description="the steps of its workflow, in their order")
    batch: JobId | None = Field(default=None, description="the id of the jobs that it was submitted with")
    deadline: datetime | None = Field(default=None, description="when it fails where it has not ended by then")
    last_error: JobError | None = Field(
        default=None, description="why the last try of the step that it is at failed, while it is tried again"
    )
    error: JobError | None = None
    warnings: tuple[JobError, ...] = Field(default=(), description="inputs without a result in a completed job")
    submitted_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    webhook: WebhookStatus | None = Field(default=None, description="of a job that was submitted with one")
    artifacts: tuple[Artifact, ...] = Field(default=(), description="of one job asked for by id; empty in lists")


class JobPage(FrozenModel):
    """Some of the jobs, newest first. ``next`` continues the list."""

    jobs: tuple[Job, ...]
    next: str | None = None


class QueueStatus(FrozenModel):
    """How long the queue is, and for how long its oldest job has waited."""

    depth: int
    oldest_s: float | None


#: draining: takes no new jobs and does what it has; ending: the same, but leaves what waits to the next service.
Mode = Literal["running", "paused", "draining", "ending", "ended"]


class JobsStatus(FrozenModel):
    """All jobs in numbers; processed and errors count since the data folder was made, as far as jobs are kept."""

    mode: Mode
    active: int
    queued: int
    processed: int
    errors: int
    cancelled: int
    uptime_s: float
    queues: dict[str, QueueStatus]
    current: tuple[Job, ...] = Field(default=(), description="the running jobs")
    disk_free_bytes: int
    slowest_step: SlowestStep | None = Field(default=None, description="on average; none before one has ended")


Action = Literal["pause", "resume", "drain"]
