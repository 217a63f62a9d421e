"""Messages of a live connection, in both directions, and what HTTP says of streams.

A client subscribes to a source or to a registered stream, and gets messages numbered by ``seq``: poses, of which the
newest counts, and events, of which none is left out. It acknowledges the poses that it has dealt with; no more than
``window`` of them are under way to it, so that a client that is slow gets fresh poses and not old ones.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints, TypeAdapter, model_validator

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenJson, FrozenModel
from neuropose_ray.schemas.live import SourceOptions, StreamState
from neuropose_ray.schemas.pose_replies import SkeletonDescription
from neuropose_ray.schemas.predictions import JointScores, Measured, Pose2d, Pose3d

#: Of a stream that is registered; part of URLs.
StreamId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
#: Of whatever a client names itself: subscriptions, cameras, sessions. PostgreSQL takes no zero byte.
ClientName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
#: What a pose message has beside boxes, scores and ids.
Output = Literal["poses2d", "poses3d", "angles", "image"]
DEFAULT_OUTPUTS: tuple[Output, ...] = ("poses2d", "poses3d")
#: left, top, right, bottom, in pixels of the upright picture.
Crop = tuple[
    Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]
]
#: An inline pipeline, or the path or URL of a bundle.
PipelineReference = Annotated[str, StringConstraints(min_length=1, max_length=2000)] | FrozenJson
#: Older clients and crowded pages need no more than a few.
MOST_WINDOW = 64


class CameraDescription(FrozenModel):
    """What is known of a camera."""

    id: str = Field(
        default="", max_length=200, pattern=r"^[^\x00]*$", description="its name in records; empty: the stream's"
    )
    field_of_view_degrees: float | None = Field(
        default=None,
        ge=1,
        le=179,
        description="over the picture's longer side; empty: the pose model's usual one",
    )


class _Viewed(FrozenModel):
    crop: Crop | None = Field(
        default=None, description="left, top, right, bottom in pixels: where people are looked for"
    )
    camera: CameraDescription = CameraDescription()
    pipeline: PipelineReference | None = Field(
        default=None, description="rules: inline as JSON, or the path or URL of a bundle"
    )

    @model_validator(mode="after")
    def _crop_has_an_area(self) -> _Viewed:
        if self.crop is not None and (self.crop[0] >= self.crop[2] or self.crop[1] >= self.crop[3]):
            raise ValueError("crop: right and bottom must be larger than left and top")
        return self


class StreamSpec(_Viewed):
    """A registered stream: it is worked on until it is removed, whoever looks at it."""

    url: str = Field(min_length=1, max_length=4000, description="rtsp, http(s), a device or a file")
    source: SourceOptions = SourceOptions()
    session_id: ClientName | None = Field(default=None, description="stamped on messages and records")


class SubscribedSource(SourceOptions):
    """What a subscription looks at: a URL with its options, or a registered stream."""

    url: str | None = Field(default=None, min_length=1, max_length=4000)
    stream: StreamId | None = Field(default=None, description="a registered stream, whose options hold")

    @model_validator(mode="after")
    def _one_of_both(self) -> SubscribedSource:
        if (self.url is None) == (self.stream is None):
            raise ValueError("name either a url or a registered stream")
        return self

    def options(self) -> SourceOptions:
        """The options without what is looked at."""
        return SourceOptions.model_validate(self.model_dump(include=set(SourceOptions.model_fields)))


class Subscribe(_Viewed):
    """Ask for the poses of a source."""

    type: Literal["subscribe"] = "subscribe"
    subscription_id: ClientName
    source: SubscribedSource
    outputs: Annotated[tuple[Output, ...], Field(max_length=16)] = DEFAULT_OUTPUTS
    max_fps: float | None = Field(default=None, gt=0, le=240, description="most pose messages a second")
    window: int = Field(
        default=1, ge=1, le=MOST_WINDOW, description="poses under way at most; above 1 for lines with long delays"
    )
    resume: str | None = Field(
        default=None, max_length=100, description="of `subscribed`, to go on after a dropped connection"
    )
    after_seq: int | None = Field(default=None, ge=0, description="the last `seq` that was received before")


class Unsubscribe(FrozenModel):
    """End a subscription."""

    type: Literal["unsubscribe"] = "unsubscribe"
    subscription_id: ClientName


class Ack(FrozenModel):
    """All poses of a subscription up to ``seq`` are dealt with; events need no acknowledgement."""

    type: Literal["ack"] = "ack"
    subscription_id: ClientName
    seq: int = Field(ge=0)


class SessionSet(FrozenModel):
    """Stamp a session, such as a visit or a patient's number, on what follows; null ends it."""

    type: Literal["session.set"] = "session.set"
    subscription_id: ClientName
    session_id: ClientName | None


class SessionPatch(FrozenModel):
    """Change what is kept of a session by a JSON merge patch (RFC 7396).

    With another ``version`` than the present one nothing changes, and the answer is an error; null: any version.
    """

    type: Literal["session.patch"] = "session.patch"
    session_id: ClientName
    version: int | None = Field(default=None, ge=0)
    patch: FrozenJson


class RequestState(FrozenModel):
    """Ask for the state of all streams that the caller may see."""

    type: Literal["state"] = "state"


ClientMessage = Annotated[
    Subscribe | Unsubscribe | Ack | SessionSet | SessionPatch | RequestState, Field(discriminator="type")
]
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


class Dropped(FrozenModel):
    """Frames and messages that were left out since the beginning, so that what comes is fresh."""

    source: int = Field(default=0, description="frames that were decoded and not looked at")
    client: int = Field(default=0, description="pose messages that the client was too slow for")


class Latency(FrozenModel):
    """Milliseconds from a frame's arrival to its message, of the latest frames."""

    p50: FiniteFloat | None = None
    p95: FiniteFloat | None = None


class StreamReport(FrozenModel):
    """One stream as it is now. The URL is without credentials."""

    stream_id: str = Field(description="of a registered stream; else the key of its source")
    registered: bool = False
    url: str
    camera_id: str = ""
    session_id: str | None = None
    owner: str | None = None
    state: StreamState | Literal["unknown"] = "unknown"
    since: FiniteFloat | None = Field(default=None, description="of the state, Unix seconds")
    ended: bool = Field(default=False, description="a file was read to its end")
    width: int | None = None
    height: int | None = None
    source_fps: FiniteFloat = Field(default=0.0, description="frames that come")
    pose_fps: FiniteFloat = Field(default=0.0, description="frames that were looked at")
    persons: int = 0
    frames: int = Field(default=0, description="looked at since the stream began")
    late: int = Field(default=0, description="frames beyond the latency budget, which were left out")
    dropped: int = Field(default=0, description="frames that came while another was looked at")
    latency_ms: Latency = Latency()
    epoch: int = 0
    reconnects: int = 0
    subscribers: int = 0
    decisions_waiting: int = Field(default=0, description="that the hub has not taken yet")
    pipeline: str | None = None
    clip_s: FiniteFloat = Field(default=0.0, description="seconds of video that are kept for clips now")
    clip_limit: str | None = Field(default=None, description="why they are fewer than were asked for")
    last_error: str | None = None


class StreamList(FrozenModel):
    """Streams that the caller may see."""

    streams: tuple[StreamReport, ...]


class Session(FrozenModel):
    """What is kept of a session."""

    type: Literal["session"] = "session"
    session_id: str | None
    version: int = 0
    data: FrozenJson = Field(default={}, validate_default=True)
    subscription_id: str | None = None


class Subscribed(FrozenModel):
    """A subscription was taken."""

    type: Literal["subscribed"] = "subscribed"
    subscription_id: str
    stream_id: str
    resume: str = Field(description="for `subscribe`, to go on after a dropped connection")
    resumed: bool = Field(default=False, description="whether it goes on where it was")
    window: int
    skeleton: SkeletonDescription | None = Field(default=None, description="null while the pose model is loaded")
    state: StreamReport


class Unsubscribed(FrozenModel):
    """A subscription has ended."""

    type: Literal["unsubscribed"] = "unsubscribed"
    subscription_id: str


class State(FrozenModel):
    """The answer to ``state``."""

    type: Literal["state"] = "state"
    server_time: FiniteFloat
    streams: tuple[StreamReport, ...]


class LivePerson(FrozenModel):
    """One person in one frame."""

    track_id: int
    confirmed: bool = Field(description="seen often enough to be believed")
    box: tuple[Measured, Measured, Measured, Measured] = Field(description="left, top, width, height, px")
    score: Measured
    poses2d: Pose2d | None = Field(default=None, description="px of the whole upright picture")
    poses3d_mm: Pose3d | None = Field(default=None, description="camera axes: x right, y down, z forward")
    joint_scores: JointScores | None = None
    angles: dict[str, float | None] | None = Field(default=None, description="degrees")


class PoseTiming(FrozenModel):
    """Milliseconds that a frame took, from its arrival on."""

    decode: FiniteFloat
    queue: FiniteFloat
    infer: FiniteFloat
    track: FiniteFloat
    total: FiniteFloat = Field(description="from the frame's arrival on this machine to its message")


class ModelName(FrozenModel):
    """The pose model."""

    id: str
    sha256: str


class PoseMessage(FrozenModel):
    """The people in one frame."""

    type: Literal["pose"] = "pose"
    subscription_id: str
    seq: int
    stream_id: str
    session_id: str | None = None
    frame_id: str = Field(description="epoch:number, for as long as the stream lives")
    epoch: int
    pts_s: FiniteFloat | None
    captured_at: FiniteFloat = Field(description="Unix seconds at which the frame arrived")
    width: int
    height: int
    persons: tuple[LivePerson, ...]
    skeleton: str
    model: ModelName
    timing_ms: PoseTiming
    dropped: Dropped = Dropped()
    image: str | None = Field(default=None, description="JPEG in base64, where it was asked for")


class EventMessage(FrozenModel):
    """Something happened in a stream."""

    type: Literal["event"] = "event"
    subscription_id: str
    seq: int
    stream_id: str
    session_id: str | None = None
    event: str = Field(description="stream.STATE, episode.entered, episode.completed, repetition, action.failed, ...")
    at: FiniteFloat
    epoch: int | None = None
    track_id: int | None = None
    rule: str | None = None
    episode: int | None = None
    episode_id: str | None = None
    data: FrozenJson = Field(default={}, validate_default=True)


class Heartbeat(FrozenModel):
    """The connection lives."""

    type: Literal["heartbeat"] = "heartbeat"
    seq: int
    server_time: FiniteFloat


class ErrorMessage(FrozenModel):
    """A message could not be done; the connection goes on."""

    type: Literal["error"] = "error"
    code: str
    message: str
    subscription_id: str | None = None


ServerMessage = Annotated[
    Subscribed | Unsubscribed | Session | State | PoseMessage | EventMessage | Heartbeat | ErrorMessage,
    Field(discriminator="type"),
]
SERVER_MESSAGE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


def merged(value: JsonValue, patch: JsonValue) -> Any:
    """A JSON value after a merge patch (RFC 7396): null removes a member, objects are merged, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), change)
    return result
