"""What a rule does when an episode begins or ends: pictures, records, messages and jobs, as data.

Every text of an action may name fields in braces: ``"{camera_id}/{uuid}.jpg"``. What can be named is checked when a
pipeline is loaded; the values are put in when the action runs.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints, model_validator

from neuropose_ray.schemas.immutable import FrozenJson, FrozenMapping, FrozenModel, ReadOnlyMapping

#: Of rules, branches and actions, which templates name.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
#: Of collections and of the columns of records: what every database takes without quotes.
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
#: Text with fields in braces.
Template = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
#: How an episode ended: as its rule says; by the stream's end, stall or loss; or because its branches failed.
Outcome = Literal["completed", "interrupted", "failed"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("completed", "interrupted", "failed")

#: Parts of a picture.
RegionPart = Literal["frame", "person", "head", "trunk", "hands", "feet"]


class Region(FrozenModel):
    """A part of a picture, found by the person's joints."""

    part: RegionPart = Field(default="person", description="frame: the whole picture")
    margin: float = Field(default=0.1, ge=0, le=2, description="share of the part's size that is added on every side")


def _json_fields(fields: FrozenJson) -> FrozenJson:
    if not fields:
        raise ValueError("at least one field is needed")
    return fields


class _Action(FrozenModel):
    name: Name = Field(description="by which later actions name its results: {name.image_key}")
    require: tuple[Name, ...] = Field(
        default=(), description="branches without whose results the action is left out; on_complete alone has results"
    )
    outcomes: tuple[Outcome, ...] = Field(
        default=OUTCOMES, description="ends of the episode at which an action of on_complete runs"
    )


class SaveImage(_Action):
    """Keep a picture. Result: ``image_key``."""

    type: Literal["save_image"] = "save_image"
    region: Region = Field(default=Region(), description="part of the picture that is kept")
    key: Template = Field(
        default="",
        description="by which the picture is found again; none: {camera_id}/{uuid}/NAME.jpg, by the action",
    )
    ttl_s: float | None = Field(default=3600, gt=0, description="seconds for which it is kept; none: for ever")
    format: Literal["jpeg", "png"] = Field(default="jpeg", description="of the file")
    quality: int = Field(default=90, ge=1, le=100, description="of JPEG")

    @model_validator(mode="before")
    @classmethod
    def _key_of_its_own(cls, content: object) -> object:
        """Make a key of the action's name, which no other action of the rule has."""
        if not isinstance(content, Mapping) or content.get("key") is not None:
            return content
        ending = "png" if content.get("format") == "png" else "jpg"
        return {**content, "key": f"{{camera_id}}/{{uuid}}/{content.get('name')}.{ending}"}


class _Record(_Action):
    collection: Identifier = Field(description="table of the records")
    fields: Annotated[FrozenMapping[Identifier, JsonValue], AfterValidator(_json_fields)] = Field(
        description="columns and their values"
    )


class RecordCreate(_Record):
    """Write a new record. Result: ``id``."""

    type: Literal["record.create"] = "record.create"
    key: Template | None = Field(default=None, description="by which it is found again; none: its id")


class RecordUpdate(_Record):
    """Change fields of a record that is there. Result: ``id``."""

    type: Literal["record.update"] = "record.update"
    key_field: Identifier = Field(default="key", description="column that holds the key")
    key: Template = Field(description="which record: {create.id}, {session_id}")


class RecordUpsert(_Record):
    """Change a record, or write it where there is none. Result: ``id``."""

    type: Literal["record.upsert"] = "record.upsert"
    key_field: Identifier = Field(default="key", description="column that holds the key")
    key: Template = Field(description="which record")


class Publish(_Action):
    """Send a message to a channel. Result: ``event_id``."""

    type: Literal["publish"] = "publish"
    channel: Template = Field(description="to which those listen who are told")
    message: JsonValue = Field(description="any JSON; texts in it are templates")


class Webhook(_Action):
    """Post a signed message to a URL. It is brought on its own: a receiver that is away holds up nothing else."""

    type: Literal["webhook"] = "webhook"
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)] = Field(
        description="no template: the service checks it when the pipeline is loaded"
    )
    body: JsonValue = Field(default=None, description="any JSON, texts in it are templates; none: all fields")


class EnqueueJob(_Action):
    """Make a job of the stream's last seconds. Result: ``job_id``."""

    type: Literal["enqueue_job"] = "enqueue_job"
    seconds: float = Field(default=30.0, gt=0, le=3600, description="of video before the moment of the decision")
    workflow: str | None = Field(default=None, max_length=200, description="none: the service's standard one")
    labels: FrozenMapping[Name, Template] = Field(
        default={}, validate_default=True, description="by which the job is found again"
    )


Action = Annotated[
    SaveImage | RecordCreate | RecordUpdate | RecordUpsert | Publish | Webhook | EnqueueJob,
    Field(discriminator="type"),
]

#: What later actions may name of an action, by its type.
ACTION_RESULTS = ReadOnlyMapping(
    {
        "save_image": ("image_key",),
        "record.create": ("id",),
        "record.update": ("id",),
        "record.upsert": ("id",),
        "publish": ("event_id",),
        "webhook": (),
        "enqueue_job": ("job_id",),
    }
)
#: Results that follow from the decision alone, so that actions of on_complete may name those of on_enter.
FORESEEN_RESULTS = ReadOnlyMapping({"save_image": "image_key", "record.create": "id", "publish": "event_id"})


def action_id(decision_id: str, action: str) -> str:
    """The id of what an action of a decision makes (record, event, job): the same at every try.

    Args:
        decision_id: of the decision, a UUID.
        action: name of the action.

    Returns:
        A UUID as text.
    """
    return str(uuid.uuid5(uuid.UUID(decision_id), action))


def image_key(text: str) -> str:
    """The key under which a picture is kept: a text's parts between slashes, without empty ones.

    Args:
        text: the rendered key of a :class:`SaveImage`.
    """
    return "/".join(part for part in text.split("/") if part)
