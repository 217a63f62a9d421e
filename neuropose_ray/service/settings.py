"""What a user may set of the service: the same names in ``serve_config.yaml``, other files and the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from neuropose_ray.description import DescriptionSettings
from neuropose_ray.pipeline import RunSettings
from neuropose_ray.schemas.job_names import STANDARD_NAME
from neuropose_ray.schemas.workflows import STANDARD, Workflow
from neuropose_ray.service.live.settings import LiveSettings
from neuropose_ray.service.names import HTTP_PORT
from neuropose_ray.settings import load_layers
from neuropose_ray.stores import WebhookSettings

Scope = Literal["read", "submit", "admin"]
LogLevel = Literal["debug", "info", "warning", "error"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: Names of callers without a token: of this machine where there are no tokens, of open routes, and the inbox.
LOCAL_CALLER, ANY_CALLER, INBOX_CALLER = "local", "anybody", "inbox"
RESERVED_CALLERS = frozenset({LOCAL_CALLER, ANY_CALLER, INBOX_CALLER})
MIB, GIB = 1024**2, 1024**3


#: Thirty years: no system waits much longer, and no calendar reaches much further.
_MOST_SECONDS, _MOST_DAYS = 1e9, 1e4


class _Settings(BaseModel):
    # The processes of the service get settings that are checked already; what checks them takes 6 MB.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _is_a_time_that_can_be_waited_for(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name or ""
        most = _MOST_DAYS if name.endswith("_days") else _MOST_SECONDS if re.search(r"(?<!_per)_s$", name) else None
        if most is not None and isinstance(value, float) and value > most:
            raise ValueError(f"must be at most {most:g}")
        return value


def default_data_dir() -> Path:
    """Where the XDG base directory specification puts an application's data."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "neuropose-ray"


class PoseReplicaSettings(_Settings):
    """The deployment that has the pose model."""

    min_replicas: int = Field(default=1, ge=1, description="that are there also when nobody asks")
    max_replicas: int | None = Field(default=None, ge=1, description="empty: one for each GPU, else for each core")
    batch_frames: int = Field(
        default=32, ge=1, description="frames of several requests that the model gets at once; a GPU wants many"
    )
    batch_wait_s: float = Field(
        default=0.002, ge=0, description="for more requests to join; no more than a fraction of one frame's time"
    )
    ongoing_requests: int = Field(
        default=32,
        ge=1,
        description="requests that one replica holds at once, two of each live stream; who is refused a place tries "
        "again later and later, so that with too few of them some streams get more than others",
    )
    queued_requests: int = Field(default=32, ge=1, description="that wait; the next is answered 429")
    retry_after_s: float = Field(default=1.0, gt=0, description="what a client that got 429 is told to wait")
    request_timeout_s: float = Field(
        default=120.0,
        gt=0,
        description="after which a request is answered 504; a model whose call takes half of it while a request "
        "wants it, and 10 seconds at least, is taken for hung and replaced",
    )
    request_frames: int = Field(default=256, ge=1, description="most frames of one request; longer is a job")
    request_bytes: int = Field(default=64 * MIB, ge=1, description="most bytes of one request; longer is a job")
    json_bytes: int = Field(
        default=32 * MIB, ge=1, description="most bytes of a request in JSON, which is decoded as a whole"
    )
    held_bytes: int = Field(
        default=96 * MIB,
        ge=1,
        description="of all requests that are received or answered at a time; the next is answered 429",
    )
    frame_pixels: int = Field(default=50_000_000, ge=1, description="most pixels of one picture: 8K has 33 million")


class JobSettings(_Settings):
    """The queue of jobs and what they do."""

    workflows: dict[str, Workflow] = Field(
        default={STANDARD_NAME: STANDARD}, description="by name; 'standard' is always there"
    )
    running: int = Field(
        default=2, ge=1, description="jobs at once: while one computes, another one's poses keep the model busy"
    )
    queued: int = Field(default=1000, ge=1, description="jobs that wait; the next is answered 429")
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL (postgresql://user:password@host/name); empty: SQLite in the data folder",
    )
    min_free_bytes: int = Field(
        default=5 * GIB, ge=0, description="of the data folder's disk; with less, new jobs are refused"
    )
    min_free_memory_bytes: int = Field(
        default=512 * MIB,
        ge=0,
        description="of the job manager's machine, or its container's part; with less, no step of a job begins",
    )
    keep_days: float | None = Field(
        default=None, gt=0, description="ended jobs are removed after so long; what is in out/ stays"
    )
    keep_bytes: int | None = Field(
        default=None,
        ge=0,
        description="of out/ and all jobs together; beyond it the oldest ended jobs are removed, nothing of out/ is",
    )


class UploadSettings(_Settings):
    """Limits on what clients send, and where they may point to."""

    max_bytes: int = Field(default=20 * GIB, ge=1, description="of one job's files together")
    max_files: int = Field(default=100, ge=1, description="of one job")
    max_duration_s: float = Field(default=4 * 3600.0, gt=0, description="of one video")
    max_pixels: int = Field(default=50_000_000, ge=1, description="of one frame")
    roots: tuple[str, ...] = Field(
        default=(),
        description="folders and object-store prefixes (s3://bucket/prefix) that jobs may name inputs in",
    )
    hosts: tuple[str, ...] = Field(default=(), description="that https:// inputs may be fetched from")
    http: bool = Field(default=False, description="fetch from these hosts also without TLS")
    private_networks: bool = Field(default=False, description="let these hosts be in private address ranges")


class InboxSettings(_Settings):
    """The folder contract: ``in/<job>/`` or ``in/<job>.mp4`` becomes ``out/<job>/``, or goes to ``failed/<job>/``."""

    enabled: bool = Field(default=True, description="watch the folder in/")
    poll_s: float = Field(default=5.0, gt=0, description="a look besides the notices of the file system")
    settle_s: float = Field(
        default=3.0, ge=0, description="a folder is taken when nothing in it has changed for so long: it was copied"
    )
    unfinished_s: float = Field(
        default=300.0,
        ge=0,
        description="seconds since its last change for which is waited for a video that is shorter than it says, a "
        "file whose name says that it is being copied, and a folder without a video",
    )
    workflow: str = Field(default=STANDARD_NAME, description="what is done with a dropped folder or video")


class ArchiveSettings(_Settings):
    """Limits on the archives that the inbox and uploads accept."""

    max_uncompressed_bytes: int = Field(
        default=20 * GIB, ge=1, description="of all videos, or pictures, in one archive"
    )
    max_members: int = Field(default=100_000, ge=1, description="files and folders in one archive")


class Token(_Settings):
    """Who may do what; the secret itself is kept nowhere."""

    # Its length stands beside the pattern: with a number of repetitions pydantic's expression would take 6 MB.
    name: Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\W_][\w.,'@ +-]*$")] = Field(
        description="of a person or program; jobs and the audit log have it"
    )
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="of the secret")
    scopes: frozenset[Scope] = Field(
        min_length=1,
        description="read: see one's own jobs; submit: make and cancel them; admin: all of it, for all jobs",
    )
    expires_at: AwareDatetime | None = Field(default=None, description="with a time zone; empty: never")

    @field_validator("name")
    @classmethod
    def _is_no_other_caller(cls, name: str) -> str:
        if name.lower() in RESERVED_CALLERS:
            raise ValueError("this name stands for callers without a token")
        return name

    def has_expired(self, now: datetime) -> bool:
        """Whether it is no longer in force."""
        return self.expires_at is not None and now >= self.expires_at

    def allows(self, scope: Scope) -> bool:
        """Whether it has a scope; ``admin`` includes the others."""
        return scope in self.scopes or "admin" in self.scopes


class HttpLimits(_Settings):
    """Limits that leave the service to the others where a client is slow, idle or greedy.

    Those on connections, headers and idle time hold where the service listens itself, as ``neuropose-ray serve`` does
    on one machine. Behind Serve's proxy the connections are the proxy's, and what stands before it has to limit them.
    Those on bodies and on the rate of requests hold in both forms.
    """

    connections: int = Field(
        default=1000, ge=1, description="open at a time; for a new one the longest idle one is closed"
    )
    connections_per_client: int = Field(default=256, ge=1, description="the same, of one client address")
    header_s: float = Field(default=10.0, gt=0, description="seconds in which a request's head has to arrive")
    header_bytes: int = Field(default=64 * 1024, ge=1024, description="most bytes of a request's head")
    idle_s: float = Field(default=75.0, gt=0, description="seconds that a connection stays open between requests")
    silence_s: float = Field(
        default=60.0, gt=0, description="without a byte of a body, or of an answer taken, after which it is given up"
    )
    body_bytes_per_s: float = Field(
        default=1024.0, gt=0, description="least average rate of a body, after its first half minute"
    )
    requests_per_s: float = Field(default=200.0, gt=0, description="of one token on average; more are answered 429")
    burst: int = Field(default=1000, ge=1, description="requests of one token that may come at once")


class AuditSettings(_Settings):
    """The files that say who did what: ``audit.jsonl`` and ``refusals.jsonl`` in the data folder."""

    file_bytes: int = Field(
        default=64 * MIB, ge=64 * 1024, description="of one file; a longer one is renamed, and a new one begun"
    )
    files: int = Field(
        default=20,
        ge=1,
        description="renamed audit.jsonl.1, .2, ... that are kept: years of a laboratory; of refusals three are",
    )


class ServiceSettings(_Settings):
    """Settings of the service."""

    data_dir: Path = Field(default_factory=default_data_dir, description="uploads, jobs, inbox, database")
    log_level: LogLevel = Field(default="info", description="the least level that the logs in the data folder have")
    log_format: Literal["text", "json"] = Field(
        default="text", description="of what `serve` prints; the files in the data folder are JSON always"
    )
    host: str = Field(default="127.0.0.1", description="elsewhere than on loopback only with tokens")
    port: int = Field(default=HTTP_PORT, ge=1, le=65535, description="of the HTTP interface")
    tokens: tuple[Token, ...] = Field(
        default=(), description="beside those that `neuropose-ray service token` keeps in the data folder"
    )
    models: tuple[str, ...] = Field(
        default=(),
        description="pose models besides `model` that jobs and requests may name; each takes memory while it is used",
    )
    older_routes: bool = Field(
        default=False,
        description="answer also at the routes of older clients: POST /videos/, GET /tasks/{id}, GET /results/{id}, "
        "POST /api/upload-video-with-pose",
    )
    http: HttpLimits = HttpLimits()
    audit: AuditSettings = AuditSettings()
    pose: PoseReplicaSettings = PoseReplicaSettings()
    jobs: JobSettings = JobSettings()
    uploads: UploadSettings = UploadSettings()
    inbox: InboxSettings = InboxSettings()
    archives: ArchiveSettings = ArchiveSettings()
    live: LiveSettings = LiveSettings()
    webhooks: WebhookSettings = WebhookSettings()

    @field_validator("data_dir")
    @classmethod
    def _has_a_home(cls, data_dir: Path) -> Path:
        try:
            data_dir.expanduser()
        except RuntimeError as error:
            raise ValueError("names the home of a user whom this machine does not know") from error
        return data_dir


class Settings(RunSettings):
    """Everything that can be set: of runs, of the service that does them, and of descriptions."""

    service: ServiceSettings = Field(default_factory=ServiceSettings)
    description: DescriptionSettings = Field(
        default_factory=DescriptionSettings, description="how analyses are put into words"
    )


def load_settings(
    file: Path | None = None, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Everything that can be set, put together by :func:`~neuropose_ray.settings.load_layers`.

    Raises:
        SettingsError: the file cannot be read, or a value or key is wrong.
    """
    return load_layers(Settings, file, flags, environment)
