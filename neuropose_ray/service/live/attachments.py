"""Who looks at a stream, and how: what travels to the stream's actor and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from neuropose_ray.schemas.live_messages import Crop, Output, StreamReport
from neuropose_ray.schemas.pose_replies import SkeletonDescription


@dataclass(frozen=True, slots=True)
class ViewKey:
    """What the pose model is shown of a stream; subscriptions with the same share its work.

    Attributes:
        crop: left, top, right, bottom in pixels; None for the whole picture.
        field_of_view_degrees: of the whole picture, over its longer side; None for the pose model's usual one.
    """

    crop: Crop | None = None
    field_of_view_degrees: float | None = None

    def __str__(self) -> str:
        return f"{self.crop or ''}|{self.field_of_view_degrees or ''}"


def subscription_token(caller: str, resume: str) -> str:
    """What a subscription is called at a stream: whoever else names the same ``resume`` means another one.

    Args:
        caller: the name of the client's token.
        resume: by which the client goes on after a dropped connection.
    """
    return hashlib.sha256(f"{caller}\n{resume}".encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Attachment:
    """One who looks: a client's subscription, or the registration of a stream.

    Attributes:
        token: names it for as long as it lives; nobody can guess a subscription's.
        view: what it looks at.
        outputs: what its pose messages have.
        stream_id: of the registered stream by which it came, or which it is; None for a source by URL.
        subscription_id: the client's name for it; None for a registration.
        camera_id: in records.
        session_id: stamped on messages and records.
        owner: the name of the token that it came with, or was registered with; None where nobody is known.
        pipeline: as JSON, checked; None for poses alone.
        models: files of the pipeline's networks, by their names.
        after_seq: the last message that the client has, where it goes on.
    """

    token: str
    view: ViewKey
    outputs: tuple[Output, ...]
    stream_id: str | None = None
    subscription_id: str | None = None
    camera_id: str = ""
    session_id: str | None = None
    owner: str | None = None
    pipeline: str | None = None
    models: Mapping[str, bytes] | None = None
    after_seq: int | None = None

    @property
    def outputs_key(self) -> str:
        """Equal for equal sets of outputs."""
        return ",".join(sorted(set(self.outputs)))

    @property
    def is_registration(self) -> bool:
        """Whether it stands for a registered stream, which no client has to hold."""
        return self.subscription_id is None


@dataclass(frozen=True, slots=True)
class Published:
    """A message of a stream, encoded once for all that get it.

    Attributes:
        seq: its number among the messages of the stream, which also grows over a restart of the actor.
        kind: of poses the newest counts, of events all do.
        bodies: the JSON object without what differs between subscriptions, by :attr:`Attachment.outputs_key`; of an
            event by the empty text.
        view: whose subscriptions get it, for poses.
        tokens: which attachments get it, for events; None for all.
        dropped: frames of the source that were not looked at, so far.
    """

    seq: int
    kind: Literal["pose", "event"]
    bodies: Mapping[str, bytes]
    view: str | None = None
    tokens: frozenset[str] | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Attached:
    """The answer to an attachment.

    Attributes:
        resumed: it was there already, and goes on.
        missed: events since its last message.
        report: of the stream.
        skeleton: of the poses; None before the pose model is loaded.
    """

    resumed: bool
    missed: tuple[Published, ...]
    report: StreamReport
    skeleton: SkeletonDescription | None
